import CloudHypervisor
import Hypervisor
import QEMU
import RuntimeErrors
import Testing

@Suite struct PassthroughPlacementTests {
    private let rules = PassthroughRules(memoryMebibytes: 4096)

    private func nics(_ count: Int, isExpress: Bool = true) throws -> [PassthroughRequest] {
        try (0..<count).map { number in
            let address = try #require(HostPCIAddress(bus: number, slot: 0, function: 0))
            return PassthroughRequest(
                device: PassthroughDevice(host: .pci(address)), isExpress: isExpress,
                regions: [PassthroughFixture.region(0, 1 << 20)])
        }
    }

    private func refusal(
        _ bus: PCIRootBus, _ requests: [PassthroughRequest], _ rules: PassthroughRules? = nil
    ) -> RuntimeError? {
        var topology = PCITopology(rootBus: bus)
        let before = topology
        let error = #expect(throws: RuntimeError.self) { try topology.place(requests, rules ?? self.rules) }
        #expect(topology == before)
        return error
    }

    @Test func oneDeviceIsBehindTheFirstRootPort() throws {
        let plan = try PassthroughFixture.gpus(1, .root).plan("/golden")
        let arguments = try QEMUCommandLine(plan).command.arguments
        let vfio = arguments.filter { $0.hasPrefix("vfio-pci,") }
        #expect(vfio == ["vfio-pci,id=vfio0,bus=rp0,addr=0x00,host=0000:20:00.0"])
    }

    @Test(arguments: [PassthroughRules.Port.root, .downstream]) func theOrderIsOfNumbers(
        _ port: PassthroughRules.Port
    ) throws {
        let plan = try PassthroughFixture.gpus(12, port).plan("/golden")
        let gpus = plan.devices.filter { $0.passthrough != nil }
        #expect(gpus.map(\.id) == (0..<12).map { "vfio\($0)" })
        #expect(gpus.map(\.path) == gpus.map(\.path).sorted())
        let prefix = port == .root ? "rp" : "swdp"
        #expect(
            gpus.map { plan.topology.port(before: $0.path)?.id } == (0..<12).map { "\(prefix)\($0)" })
        #expect(gpus.compactMap { $0.passthrough?.host.address?.bus } == Array(0x20..<0x2c))
    }

    @Test(arguments: PassthroughFixture.all) func eachHasAGuestPathOnBothMonitors(
        _ fixture: PassthroughFixture
    ) throws {
        var plans = [try fixture.plan("/golden")]
        if fixture.port == .root { plans.append(try fixture.flatPlan("/golden")) }
        for plan in plans {
            let devices = plan.devices.filter { $0.passthrough != nil }
            #expect(devices.count == fixture.requests.count)
            #expect(Set(devices.map(\.path.description)).count == devices.count)
            #expect(devices.allSatisfy { !$0.path.description.isEmpty })
        }
    }

    @Test func functionsOfOneSlotStayTogether() throws {
        let devices = try PassthroughFixture.multifunction.plan("/golden").devices.filter {
            $0.passthrough != nil
        }
        #expect(devices.map(\.path.description) == ["06/00", "06/00.1", "07/00"])
        #expect(
            devices.compactMap { $0.passthrough?.host.description } == [
                "0000:65:00.0", "0000:65:00.1", "0000:66:00.1",
            ])
        #expect(devices.map { $0.passthrough?.isMultifunction } == [true, false, false])
    }

    @Test func aVirtualFunctionIsADeviceOfItsOwn() throws {
        let devices = try PassthroughFixture.virtualFunctions.plan("/golden").devices.filter {
            $0.passthrough != nil
        }
        #expect(devices.map(\.path.description) == ["06/00", "07/00"])
    }

    @Test func conventionalDevicesAreOnTheRootBus() throws {
        var topology = PCITopology(rootBus: .q35)
        let placed = try topology.place(nics(2, isExpress: false), rules)
        #expect(placed.devices.map(\.path.description) == ["01", "02"])
        #expect(topology.ports.isEmpty)
    }

    @Test func aSecondSwitchFollowsAFullOne() throws {
        var topology = PCITopology(rootBus: .q35)
        let placed = try topology.place(
            nics(40), PassthroughRules(port: .downstream, memoryMebibytes: 4096))
        #expect(topology.ports.count { $0.kind == .switchUpstream } == 2)
        #expect(placed.devices[31].path.description == "01/00/1f/00")
        #expect(placed.devices[32].path.description == "02/00/00/00")
        // Free ports come after, and still count for themselves.
        #expect(try topology.addRootPort().id == "rp2")
    }

    @Test func limitsAreToldBeforeAnythingIsDone() throws {
        #expect(refusal(.q35, try nics(31))?.code == .resourceExhausted)
        #expect(
            refusal(.flat, try nics(2), PassthroughRules(port: .downstream, memoryMebibytes: 4096))?.code
                == .failedPrecondition)
        #expect(refusal(.q35, try nics(1) + nics(1))?.message.contains("0000:00:00.0' twice") == true)
        var io = try nics(17)
        for index in io.indices {
            io[index].regions.append(
                PCIRegion(index: 5, size: 128, isMemory: false, isPrefetchable: false, is64Bit: false))
        }
        #expect(refusal(.q35, io)?.message.contains("I/O space") == true)
        io.removeLast()
        var topology = PCITopology(rootBus: .q35)
        _ = try topology.place(io, rules)
    }

    @Test func aFullSegmentIsFollowedByAnother() throws {
        var topology = PCITopology(rootBus: .flat)
        let placed = try topology.place(nics(70), rules)
        #expect(topology.segments == 3)
        #expect(placed.devices[30].path.description == "1f")
        #expect(placed.devices[31].path.description == "0001:01")
        #expect(placed.devices[62].path.description == "0002:01")
        var plan = try PlanFixture.minimal.make("/g").forCloudHypervisor
        plan.topology = PCITopology(rootBus: .flat)
        for device in plan.devices { _ = try plan.topology.placeOnRoot(device.id) }
        plan.devices += try plan.topology.place(nics(30), rules).devices
        for (version, place) in [("v51", "pci_segment=1"), ("v52", "pci_segment=1,pci_device_id=4")] {
            let arguments = try CloudHypervisorCommandLine(
                plan, version: #require(CloudHypervisorVersion(version))
            ).command.arguments
            #expect(arguments.contains("num_pci_segments=2"))
            #expect(arguments.contains("path=/sys/bus/pci/devices/0000:1d:00.0,id=vfio29,\(place)"))
        }
        // The 32-bit window is cut into equal parts.
        var gpus = try nics(70)
        gpus[0].regions = [PassthroughFixture.region(0, 256 << 20, is64Bit: false)]
        #expect(refusal(.flat, gpus)?.message.contains("take 256 MiB and the machine has 213") == true)
    }

    @Test func aSlotIsLeftForTheMachinesIOMMU() throws {
        var topology = PCITopology(rootBus: .flat)
        var requests = try nics(31)
        for index in requests.indices { requests[index].device.isBehindIOMMU = true }
        let placed = try topology.place(requests, rules)
        #expect(placed.devices.map(\.path.description).suffix(2) == ["1e", "0001:01"])
    }

    @Test func aGroupIsNotSplitByAnIOMMU() throws {
        var requests = try nics(2)
        for index in requests.indices {
            requests[index].group = 42
            requests[index].device.isBehindIOMMU = true
        }
        let error = refusal(.q35, requests)
        #expect(error?.message.contains("IOMMU group 42") == true)
        requests[0].device.isBehindIOMMU = false
        var topology = PCITopology(rootBus: .q35)
        _ = try topology.place(requests, rules)
    }
}

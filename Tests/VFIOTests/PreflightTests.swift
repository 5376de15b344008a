import FakeHost
import Hypervisor
import Linux
import RuntimeErrors
import Testing
import VFIO

/// Each test's last word is that nothing was written: a preflight has no writer, and the tree is as before.
@Suite struct PreflightTests {
    private func refusal(
        _ host: FakeHost, _ requests: [VFIORequest], access: VFIOAccess = .group
    ) throws -> String {
        let before = try host.snapshot()
        let error = #expect(throws: RuntimeError.self) { _ = try host.plan(requests, access: access) }
        #expect(try host.snapshot() == before)
        return error?.message ?? ""
    }

    /// S0-9: a GPU's sound goes with it, the root port stays with the host.
    @Test func companionsComeAlongAndBridgesStay() throws {
        let plan = try FakeHost.standard().plan([.function(gpu)])
        #expect(plan.devices.map(\.host) == [.pci(gpu), .pci(sound)])
        #expect(plan.devices.map(\.isRequested) == [true, false])
        #expect(plan.bindings.map(\.originalDriver) == ["nvidia", "snd_hda_intel"])
        #expect(plan.bindings.map(\.group) == [7, 7])
        #expect(plan.warnings.isEmpty)
    }

    @Test func aDeviceThatIsAskedForInManyWaysIsThereOnce() throws {
        let plan = try FakeHost.standard().plan([.function(sound), .group(7), .function(gpu)])
        #expect(plan.devices.map(\.host) == [.pci(gpu), .pci(sound)])
        #expect(plan.devices.map(\.isRequested) == [true, true])
    }

    /// S2-6, S0-9.
    @Test func matesOfAnotherSlotAreListed() throws {
        let host = try FakeHost.standard()
        try host.add(.network(pci("0000:66:00.0"), group: 7))
        try host.add(FakeFunction(pci("0000:67:00.0"), driver: nil, group: 7))
        #expect(
            try refusal(host, [.function(gpu)])
                == "can't pass on 0000:65:00.0: iommu group 7 has 0000:66:00.0 too, which driver 'mlx5_core' has; ask for the whole group '/dev/vfio/7' if it may go along; iommu group 7 has 0000:67:00.0 too, which has no driver; ask for the whole group '/dev/vfio/7' if it may go along"
        )
        #expect(try host.plan([.group(7)]).devices.count == 4)
    }

    /// Virtual functions of one slot are devices of their own.
    @Test func virtualFunctionsAreNoCompanions() throws {
        let host = try FakeHost.standard()
        try host.add(.network(pci("0000:90:00.0"), group: 19))
        try host.addVirtualFunctions(
            [.network(pci("0000:90:01.0"), group: 20), .network(pci("0000:90:01.1"), group: 20)],
            of: pci("0000:90:00.0"))
        let text = try refusal(host, [.function(pci("0000:90:01.0"))])
        #expect(text.hasPrefix("can't pass on 0000:90:01.0: iommu group 20 has 0000:90:01.1 too"))
    }

    /// S2-7.
    @Test func withoutAnIOMMUNothingIsDone() throws {
        let host = try FakeHost.standard()
        try host.add(FakeFunction(pci("0000:c1:00.0")))
        let text = try refusal(host, [.function(pci("0000:c1:00.0"))])
        #expect(
            text.hasPrefix(
                "can't pass on pci function 0000:c1:00.0: it is in no iommu group; switch the IOMMU on"))
    }

    /// A host bridge and a PCI bridge stay; an NVSwitch (0x0680) is a device.
    @Test func anNVSwitchIsPassedOn() throws {
        let host = try FakeHost.standard()
        try host.add(FakeFunction(pci("0000:c2:00.0"), group: 30).with { $0.classCode = 0x06_8000 })
        try host.add(.bridge(pci("0000:c0:00.0"), group: 30).with { $0.classCode = 0x06_0000 })
        #expect(try host.plan([.group(30)]).devices.map(\.host) == [.pci(pci("0000:c2:00.0"))])
        #expect(try refusal(host, [.function(port)]).hasSuffix("it is a bridge; name a device behind it"))
        try host.add(.bridge(pci("0000:c3:00.0"), group: 31))
        #expect(try refusal(host, [.group(31)]).hasSuffix("there is no device in it but bridges"))
    }

    @Test func whatTheHostUsesIsRefusedWithEveryReason() throws {
        let host = try FakeHost.standard()
        try host.add(
            .network(pci("0000:d0:00.0"), group: 40, interface: "eth0").with { $0.isBootDisplay = true })
        try host.setInterface("eth0", isUp: true, hasDefaultRoute: true)
        try host.addBlockDevice("vda", of: pci("0000:d0:00.0"), mountedAt: "/", holder: "dm-0")
        #expect(
            try refusal(host, [.function(pci("0000:d0:00.0"))])
                == "can't pass on 0000:d0:00.0: 0000:d0:00.0 is the host's boot display; 0000:d0:00.0 network interface 'eth0' is up; 0000:d0:00.0 network interface 'eth0' has the default route; 0000:d0:00.0 '/dev/vda1' is mounted at '/'; 0000:d0:00.0 '/dev/vda1' is part of dm-0"
        )
    }

    @Test func aCompanionThatTheHostUsesIsRefused() throws {
        let host = try FakeHost.standard()
        try host.add(
            .network(pci("0000:65:00.2"), group: 7, interface: "eth0"))
        try host.setInterface("eth0", isUp: true)
        #expect(
            try refusal(host, [.function(gpu)])
                == "can't pass on 0000:65:00.0: 0000:65:00.2 network interface 'eth0' is up")
    }

    @Test func aDiskThatNobodyUsesIsPassedOn() throws {
        let host = try FakeHost.standard()
        try host.add(FakeFunction(pci("0000:d1:00.0"), driver: "virtio-pci", group: 41))
        try host.addBlockDevice("vdb", of: pci("0000:d1:00.0"), minor: 16)
        #expect(try host.plan([.function(pci("0000:d1:00.0"))]).bindings.count == 1)
        try host.write("Filename\tType\n/dev/vdb1  partition\t1\t0\t-2\n", to: "\(host.roots.proc)/swaps")
        #expect(try refusal(host, [.function(pci("0000:d1:00.0"))]).hasSuffix("'/dev/vdb1' is swap"))
        // Without a mount table nobody can tell.
        try host.remove("\(host.roots.proc)/self/mountinfo")
        #expect(throws: RuntimeError.self) { _ = try host.plan([.function(pci("0000:d1:00.0"))]) }
    }

    @Test func aPhysicalFunctionWithVirtualOnesIsRefused() throws {
        #expect(
            try refusal(FakeHost.standard(), [.function(nic)])
                == "can't pass on 0000:84:00.0: 0000:84:00.0 has 2 virtual functions, which would be lost")
    }

    @Test func withoutTheDriverNothingIsDone() throws {
        let host = try FakeHost.standard()
        try host.remove("\(host.roots.sys)/bus/pci/drivers/vfio-pci")
        #expect(try refusal(host, [.function(gpu)]).hasSuffix("load the driver with 'modprobe vfio-pci'"))
        try host.remove("\(host.roots.dev)/vfio/vfio")
        #expect(
            try refusal(host, [.function(gpu)])
                == "can't use vfio: can't open '\(host.roots.dev)/vfio/vfio'; load it with 'modprobe vfio-pci'"
        )
    }

    @Test func withoutDeviceNodesGroupsAreUsed() throws {
        let host = try FakeHost()
        try host.addDriver("vfio-pci", characterDevices: false)
        try host.add(FakeFunction(gpu, group: 7))
        let plan = try host.plan([.function(gpu)], access: .iommufd)
        #expect(plan.devices.map(\.access) == [.group])
        #expect(plan.warnings.count == 1)
        #expect(
            try refusal(host, [.function(gpu)], access: .descriptors).hasPrefix("can't open vfio devices"))
    }

    @Test func aFunctionWithoutAResetIsAWarning() throws {
        let host = try FakeHost.standard()
        try host.add(FakeFunction(pci("0000:e0:00.0"), group: 50).with { $0.resetMethods = "" })
        #expect(
            try host.plan([.function(pci("0000:e0:00.0"))]).warnings
                == [
                    "pci function 0000:e0:00.0 has no reset method: what one pod leaves in it the next one finds"
                ])
    }

    /// A vGPU on a virtual function keeps its vendor's driver; without a type it is nothing yet.
    @Test func aVendorVGPUKeepsItsDriver() throws {
        let host = try FakeHost.standard()
        try host.add(FakeFunction(pci("0000:e1:00.0"), group: 51))
        try host.addVirtualFunctions(
            [
                FakeFunction(pci("0000:e1:00.4"), group: 52).with { $0.currentVGPUType = 558 },
                FakeFunction(pci("0000:e1:00.5"), group: 53).with { $0.currentVGPUType = 0 },
            ], of: pci("0000:e1:00.0"))
        let plan = try host.plan([.function(pci("0000:e1:00.4"))])
        #expect(plan.devices.map(\.host) == [.vendorPCI(pci("0000:e1:00.4"))])
        #expect(plan.bindings.isEmpty)
        #expect(plan.writes.isEmpty)
        #expect(
            try refusal(host, [.function(pci("0000:e1:00.5"))]).hasPrefix(
                "can't pass on 0000:e1:00.5: 0000:e1:00.5 has no vgpu type set"))
    }

    /// S3-8.
    @Test func aMediatedDeviceIsFoundByUUIDAndByGroup() throws {
        let uuid = "b1f7a3c2-5d61-4f0a-9a65-0f8a8b3f1c11"
        let host = try FakeHost.standard()
        try host.addMediatedDevice(uuid, of: gpu, group: 60)
        for request in [VFIORequest.mediated(uuid.uppercased()), .group(60), .characterDevice("vfio0")] {
            let plan = try host.plan([request])
            #expect(plan.devices.map(\.host) == [.mediated(uuid: uuid)])
            #expect(plan.devices.map(\.host.sysfsPath) == ["/sys/bus/mdev/devices/\(uuid)"])
            #expect(plan.devices.map(\.node) == ["\(host.roots.dev)/vfio/60"])
            #expect(plan.writes.isEmpty)
        }
        try host.addMediatedDevice(
            "00000000-0000-0000-0000-000000000001", of: gpu, type: "ap", group: 61, deviceAPI: "vfio-ap")
        #expect(
            try refusal(host, [.group(61)]).hasSuffix("it is of kind 'vfio-ap', not 'vfio-pci'"))
    }

    /// S1-15.
    @Test func aDeviceNodeIsResolved() throws {
        let host = try FakeHost.standard()
        try host.add(FakeFunction(pci("0000:f0:00.0"), group: 70).with { $0.boundTo = "vfio-pci" })
        try host.add(FakeFunction(pci("0000:f1:00.0"), group: 71).with { $0.boundTo = "mlx5_vfio_pci" })
        let plan = try host.plan([.characterDevice("vfio1")], access: .iommufd)
        #expect(plan.devices.map(\.host) == [.pci(pci("0000:f1:00.0"))])
        #expect(plan.devices.map(\.node) == ["\(host.roots.dev)/vfio/devices/vfio1"])
        #expect(plan.devices.map(\.number) == [1])
        #expect(plan.writes.isEmpty)
    }

    /// Two pods that want one group: the second is told who has it, and writes nothing.
    @Test func aGroupHasOneOwner() throws {
        let host = try FakeHost.standard()
        let first = host.binder(FakeKernel(host))
        let plan = try host.plan([.function(gpu)])
        _ = try first.bind(plan) { _ in }
        #expect(GroupLocks.owner(of: 7, host.roots) == "pod-a")
        let kernel = FakeKernel(host)
        let error = #expect(throws: RuntimeError.self) {
            _ = try host.binder(kernel, owner: "pod-b").bind(try host.plan([.function(gpu)])) { _ in }
        }
        #expect(error?.message.hasPrefix("can't take iommu group 7: sandbox 'pod-a' has it") == true)
        #expect(kernel.writes.isEmpty)
        #expect(first.restore(plan.bindings).failures.isEmpty)
        #expect(GroupLocks.owner(of: 7, host.roots) == nil)
        let second = host.binder(kernel, owner: "pod-b")
        _ = try second.bind(try host.plan([.function(gpu)])) { _ in }
        #expect(second.restore(plan.bindings).failures.isEmpty)
    }
}

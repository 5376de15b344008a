import OCI
import AgentClient
import FakeHost
import Glibc
import Hypervisor
import Linux
import Netlink
import PodNetwork
import RuntimeErrors
import Testing
import VFIO

@testable import Sandbox

/// Devices from before the boot of a machine until after its end, with the sandbox's own journal.
@Suite struct SandboxDeviceLifeTests {
    /// Writes of a clean life; new ways to write may only add to them.
    static let floor = 23

    /// A host with a GPU and its sound function, a virtual function with an override, and one without a driver.
    private static func host() throws -> FakeHost {
        let host = try FakeHost.withGPU()
        try host.add(
            FakeFunction(pci("0000:65:00.1"), driver: "snd_hda_intel", group: 42).with {
                $0.classCode = 0x04_0300
            })
        try host.add(.network(pci("0000:84:00.0"), group: 8, interface: "ens1"))
        try host.addVirtualFunctions(
            [.network(pci("0000:84:01.1"), group: 9).with { $0.driverOverride = "mlx5_core" }],
            of: pci("0000:84:00.0"))
        try host.add(FakeFunction(pci("0000:a1:00.0"), driver: nil, group: 11))
        try host.nameVFIONodes([9, 11])
        return host
    }

    private static func prepare(_ scene: SandboxScene) throws -> SandboxPreparation {
        try scene.prepare(scene.request(nodes: [42, 9, 11].map { DeviceScene.group($0) }))
    }

    /// The state folder stands, the devices are taken; the machine would boot now.
    @discardableResult private static func begin(
        _ scene: SandboxScene, _ kernel: FakeKernel
    ) throws -> BoundDevices {
        let preparation = try prepare(scene)
        try scene.folder.create(for: scene.name)
        let bound = scene.bound(preparation, kernel)
        do {
            _ = try bound.take()
        } catch {
            if bound.giveBack().isSettled { scene.folder.remove() }
            throw error
        }
        return bound
    }

    /// S2-2, S2-8, S2-9: a whole life, as one whose boot fails has too.
    @Test func everythingComesBack() throws {
        let host = try Self.host()
        let before = try host.snapshot()
        let scene = try SandboxScene(host)
        let kernel = FakeKernel(host)
        let bound = try Self.begin(scene, kernel)
        for address in ["0000:65:00.0", "0000:65:00.1", "0000:84:01.1", "0000:a1:00.0"] {
            #expect(try PCIHost(host.roots).function(pci(address)).driver == "vfio-pci", "\(address)")
        }
        #expect(GroupLocks.owner(of: 42, host.roots) == scene.name.key)
        let report = bound.giveBack()
        #expect(report.failures.isEmpty && report.warnings.isEmpty)
        scene.folder.remove()
        print("writes of a clean life of a sandbox's devices: \(kernel.writes.count)")
        #expect(kernel.writes.count >= Self.floor)
        #expect(try host.snapshot() == before)
    }

    /// S2-1, S2-14: nothing is written for an interface that no port is planned for.
    @Test(arguments: SandboxScene.Monitor.allCases) func anInterfaceWithoutAPortIsLeftAlone(
        _ monitor: SandboxScene.Monitor
    ) throws {
        let host = try Self.host()
        let before = try host.snapshot()
        let scene = try SandboxScene(host, monitor)
        for keys in ["", "hot_plug_vfio = \"root-port\""] {
            let error = DeviceScene.refusal {
                _ = try scene.prepare(
                    scene.request([:], scene.configuration(keys)), endpoints: [try Self.endpoint()])
            }
            #expect(error?.code == .failedPrecondition)
            for word in ["net1", "0000:84:01.1", "cold_plug_vfio"] {
                #expect(error?.message.contains(word) == true, "\(word)")
            }
        }
        #expect(try host.snapshot() == before)
    }

    /// S2-2, S2-16: a network function of the pod is a device of the machine, once.
    @Test(arguments: SandboxScene.Monitor.allCases) func anInterfaceIsPassedIn(
        _ monitor: SandboxScene.Monitor
    ) throws {
        let scene = try SandboxScene(Self.host(), monitor)
        let endpoint = try Self.endpoint()
        let alone = try scene.prepare(scene.request(), endpoints: [endpoint])
        #expect(try scene.passthrough(alone).filter { $0.contains("0000:84:01.1") }.count == 1)
        #expect(alone.container.guestDevices.isEmpty)
        let both = try scene.prepare(
            scene.request(nodes: [DeviceScene.group(9)], env: ["PCIDEVICE_X=0000:84:01.1"]),
            endpoints: [endpoint])
        #expect(try scene.passthrough(both) == (try scene.passthrough(alone)))
        #expect(both.container.guestDevices.map(\.options.count) == [1])
        // S2-17
        let address = try #require(both.attached.vfio.first?.guestAddress)
        #expect(both.container.guestSpec.process?.env == ["PCIDEVICE_X=\(address)"])
    }

    private static func endpoint() throws -> PhysicalEndpoint {
        PhysicalEndpoint(
            name: "net1", function: pci("0000:84:01.1"),
            hardwareAddress: try #require(MACAddress("02:00:5e:10:00:01")), mtu: 1500,
            namespacePath: "/run/netns/p", driver: "mlx5_core",
            virtual: .init(physicalFunction: pci("0000:84:00.0"), number: 0))
    }

    /// A second sandbox is told who has the group.
    @Test func aGroupHasOneSandbox() throws {
        let host = try Self.host()
        let first = try SandboxScene(host, id: "c1")
        let kernel = FakeKernel(host)
        let bound = try Self.begin(first, kernel)
        let second = try SandboxScene(host, id: "c2")
        let writes = kernel.writes.count
        let error = DeviceScene.refusal { try Self.begin(second, kernel) }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.contains(first.name.key) == true)
        #expect(kernel.writes.count == writes)
        #expect((try? FileStatus(of: second.folder.path)) == nil)
        #expect(bound.giveBack().failures.isEmpty)
        #expect(try Self.begin(second, kernel).giveBack().failures.isEmpty)
    }

    /// S2-4, S2-5, S2-13: whichever write fails, the sandbox fails or ends, and the host is as it was.
    @Test(arguments: [Errno.EBUSY, .EIO, .ENODEV]) func eachWriteFailsOnce(_ error: Errno) throws {
        for number in 1...(try Self.count()) {
            let host = try Self.host()
            let before = try host.snapshot()
            let scene = try SandboxScene(host)
            let kernel = FakeKernel(host, faults: [number: .fail(error)])
            if let bound = try? Self.begin(scene, kernel) {
                #expect(bound.giveBack().failures.isEmpty, "write \(number)")
                scene.folder.remove()
            }
            // Whatever was left is gone after `delete`, which finds nothing after a clean end.
            #expect(try scene.delete(FakeKernel(host)).failures.isEmpty, "write \(number)")
            #expect(try host.snapshot() == before, "write \(number), \(kernel.writes[number - 1])")
        }
    }

    /// S2-10: the shim is killed at each write; `delete` replays the journal, as often as it is called.
    @Test func theShimIsKilledAtEachWrite() async throws {
        for number in 1...(try Self.count()) {
            let host = try Self.host()
            let before = try host.snapshot()
            let prefix = host.roots.prefix
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [prefix = prefix as String, number = number as Int] in
                let host = FakeHost(existing: prefix)
                let bound = try Self.begin(
                    SandboxScene(host), FakeKernel(host, faults: [number: .kill]))
                _ = bound.giveBack()
            }
            let scene = try SandboxScene(host)
            #expect(try scene.delete(FakeKernel(host)).failures.isEmpty, "write \(number)")
            #expect(try host.snapshot() == before, "killed at write \(number)")
            let again = FakeKernel(host)
            _ = try scene.delete(again)
            #expect(again.writes.isEmpty)
        }
    }

    /// `delete` is killed at each of its own writes, and another one finishes.
    @Test func deleteIsKilledAtEachWrite() async throws {
        let clean = try Self.killedWithDevices()
        let kernel = FakeKernel(clean)
        _ = try SandboxScene(clean).delete(kernel)
        #expect(kernel.writes.count >= 6)
        for number in 1...kernel.writes.count {
            let host = try Self.host()
            let before = try host.snapshot()
            try Self.abandon(host)
            let prefix = host.roots.prefix
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [prefix = prefix as String, number = number as Int] in
                let host = FakeHost(existing: prefix)
                _ = try SandboxScene(host).delete(FakeKernel(host, faults: [number: .kill]))
            }
            #expect(try SandboxScene(host).delete(FakeKernel(host)).failures.isEmpty, "write \(number)")
            #expect(try host.snapshot() == before, "delete killed at write \(number)")
        }
    }

    private static func killedWithDevices() throws -> FakeHost {
        let host = try host()
        try abandon(host)
        return host
    }

    /// What a shim leaves that is killed while its machine runs: the locks go with the process.
    private static func abandon(_ host: FakeHost) throws {
        try begin(SandboxScene(host), FakeKernel(host))
    }

    private static func count() throws -> Int {
        let host = try host()
        let kernel = FakeKernel(host)
        _ = try begin(SandboxScene(host), kernel).giveBack()
        return kernel.writes.count
    }

    /// An interface whose function is set aside waits for it in the journal, which is all that knows of it.
    @Test func anInterfaceWaitsForItsFunction() throws {
        let host = try Self.host()
        let scene = try SandboxScene(host)
        let preparation = try scene.prepare(scene.request(), endpoints: [try Self.endpoint()])
        try scene.folder.create(for: scene.name)
        let kernel = FakeKernel(host)
        let bound = scene.bound(preparation, kernel)
        _ = try bound.take()
        kernel.fail { $0.path.hasSuffix("drivers/vfio-pci/unbind") ? .EBUSY : nil }
        let report = bound.giveBack()
        #expect(report.failures.map(\.isQuarantined) == [true, false])
        #expect(report.failures.last?.error.message.contains("'net1'") == true)
        #expect(!report.isSettled)
        #expect(try scene.folder.journal.entries().contains(.endpoint(try Self.endpoint())))
    }

    /// A function whose driver does not take it back is set aside: the sandbox ends, and nobody gets it.
    @Test func whatDoesNotComeBackIsSetAside() throws {
        let host = try Self.host()
        let scene = try SandboxScene(host)
        let kernel = FakeKernel(host)
        let bound = try Self.begin(scene, kernel)
        kernel.fail {
            $0.path.hasSuffix("drivers/vfio-pci/unbind") && $0.text == "0000:65:00.0" ? .EBUSY : nil
        }
        let report = bound.giveBack()
        #expect(report.failures.map(\.address) == [pci("0000:65:00.0")])
        #expect(report.isSettled)
        #expect(Quarantine(host.roots).entries().map(\.record.address) == [pci("0000:65:00.0")])
        let error = DeviceScene.refusal { _ = try Self.prepare(SandboxScene(host, id: "c2")) }
        #expect(error?.message.contains("is set aside") == true)
        #expect(try PCIHost(host.roots).function(pci("0000:84:01.1")).driver == "mlx5_core")
    }
}

import FakeHost
import Hypervisor
import Linux
import RuntimeErrors
import Testing
import VFIO

@Suite struct OrphanReturnTests {
    private static let orphan = pci("0000:b1:00.0")

    private func host() throws -> FakeHost {
        let host = try FakeHost.standard()
        try host.add(
            FakeFunction(Self.orphan, group: 20).with {
                $0.boundTo = "vfio-pci"
                $0.driverOverride = "vfio-pci"
            })
        return host
    }

    @Test func itGoesToTheDriverThatMatches() throws {
        let host = try host()
        let kernel = FakeKernel(host)
        let planned = PCIHost(host.roots).writes(
            toGiveBackOrphan: try PCIHost(host.roots).function(Self.orphan))
        #expect(try host.binder(kernel).giveBack(orphan: Self.orphan) == "nvidia")
        #expect(kernel.writes == planned)
        #expect(planned.map(\.text) == ["\(Self.orphan)", "\n", "\(Self.orphan)"])
        #expect(try PCIHost(host.roots).function(Self.orphan).driverOverride == nil)
        #expect(GroupLocks.owners(host.roots).isEmpty)
    }

    @Test func oneThatNobodyTakesHasNoDriver() throws {
        let host = try FakeHost.standard()
        try host.add(
            FakeFunction(Self.orphan, driver: nil, group: 20).with {
                $0.boundTo = "mlx5_vfio_pci"
                $0.driverOverride = "mlx5_vfio_pci"
            })
        #expect(try host.binder(FakeKernel(host)).giveBack(orphan: Self.orphan) == nil)
        #expect(try host.driver(Self.orphan) == nil)
    }

    @Test func whatSomebodyHasIsLeftAlone() throws {
        let host = try host()
        let before = try host.snapshot()
        let kernel = FakeKernel(host)
        let pod = GroupLocks(host.roots, owner: "pod")
        try pod.take(20)
        #expect(throws: RuntimeError.self) { try host.binder(kernel).giveBack(orphan: Self.orphan) }
        pod.release(20)
        #expect(throws: RuntimeError.self) { try host.binder(kernel).giveBack(orphan: gpu) }
        #expect(kernel.writes.isEmpty)
        #expect(try host.snapshot() == before)
        #expect(PCIHost(host.roots).writes(toGiveBackOrphan: try PCIHost(host.roots).function(gpu)).isEmpty)
    }

    /// As long as it is on its VFIO driver it is found again.
    @Test(arguments: [Errno.EBUSY, .ETIMEDOUT]) func anUnbindThatFailsLeavesAnOrphan(_ error: Errno) throws {
        let host = try host()
        let before = try host.snapshot()
        let kernel = FakeKernel(host, faults: [1: .fail(error)])
        #expect(throws: RuntimeError.self) { try host.binder(kernel).giveBack(orphan: Self.orphan) }
        #expect(try host.snapshot() == before)
        #expect(PCIHost(host.roots).orphans(besides: []).map(\.address) == [Self.orphan])
    }

    /// Broken off at any of its writes, it comes back when it is given back again.
    @Test func brokenOffAnywhere() throws {
        for count in 0...3 {
            let host = try host()
            let function = try PCIHost(host.roots).function(Self.orphan)
            let setup = FakeKernel(host)
            for write in PCIHost(host.roots).writes(toGiveBackOrphan: function).prefix(count) {
                try setup.write(write.text, to: write.path)
            }
            let kernel = FakeKernel(host)
            guard count < 3 else {
                #expect(throws: RuntimeError.self) { try host.binder(kernel).giveBack(orphan: Self.orphan) }
                #expect(kernel.writes.isEmpty)
                continue
            }
            #expect(
                try host.binder(kernel).giveBack(orphan: Self.orphan) == "nvidia", "after \(count) writes")
        }
    }

    @Test func aProbeThatFailsIsMadeAgain() throws {
        let host = try host()
        let kernel = FakeKernel(host, faults: [3: .fail(.EIO)])
        #expect(try host.binder(kernel).giveBack(orphan: Self.orphan) == "nvidia")
        #expect(kernel.writes.count == 4)
    }
}

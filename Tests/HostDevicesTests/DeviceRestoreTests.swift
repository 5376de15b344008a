import FakeHost
import Glibc
import Hypervisor
import Linux
import RuntimeErrors
import Sandbox
import Testing
import VFIO

@testable import HostDevices

@Suite struct DeviceRestoreTests {
    /// A host whose GPU a sandbox lost, with an orphan, a function bound ahead of time, and one set aside.
    private static func disorder() throws -> FakeHost {
        let host = try FakeHost.standard()
        let name = try host.sandbox("pod-a")
        try host.lose([.function(gpu)], by: name)
        _ = try host.bind(.function(unbound))
        try host.add(FakeFunction(orphan, driver: "mlx5_core", group: 20).with { bindByOverride(&$0) })
        try host.add(FakeFunction(aside, driver: "mlx5_core", group: 21).with { bindByOverride(&$0) })
        try host.setAside(
            BindingRecord(
                address: aside, vendor: 0x10de, device: 0x2330, group: 21, originalDriver: "mlx5_core",
                originalOverride: nil), reason: "it did not come back")
        return host
    }

    private static let orphan = pci("0000:b1:00.0")
    private static let aside = pci("0000:b2:00.0")

    private static func bindByOverride(_ function: inout FakeFunction) {
        function.boundTo = "vfio-pci"
        function.driverOverride = "vfio-pci"
    }

    @Test func nothingToDo() throws {
        let host = try FakeHost.standard()
        let before = try host.snapshot()
        let kernel = FakeKernel(host)
        let (isDone, said) = host.restore(
            .init(includesPrebound: true, includesOrphans: true), kernel: kernel)
        #expect(isDone)
        #expect(said.isEmpty)
        #expect(kernel.writes.isEmpty)
        #expect(try host.snapshot() == before)
    }

    @Test func whatNobodyGivesBackIsGivenBackAndOrphansAreNamed() throws {
        let host = try Self.disorder()
        let (isDone, said) = host.restore()
        #expect(!isDone, "an orphan is left")
        #expect(try host.driver(gpu) == "nvidia")
        #expect(try host.driver(sound) == "snd_hda_intel")
        #expect(try host.driver(Self.aside) == "mlx5_core")
        #expect(Quarantine(host.roots).entries().isEmpty)
        #expect(try host.driver(unbound) == "vfio-pci")
        #expect(try host.driver(Self.orphan) == "vfio-pci")
        #expect(GroupLocks.owners(host.roots).isEmpty)
        #expect(said.contains("sandbox 'pod-a' of namespace 'k8s.io' has ended; giving back iommu group 7"))
        #expect(said.contains { $0.hasPrefix("0000:b1:00.0 is an orphan: 'vfio-pci' has it by an override") })
        #expect(
            said.contains { $0.hasPrefix("0000:a1:00.0 stays on 'vfio-pci': it was bound ahead of time") })
        // The rest when it is asked for; then there is nothing left.
        #expect(host.restore(.init(includesPrebound: true, includesOrphans: true)).0)
        #expect(try host.driver(unbound) == nil)
        #expect(try host.driver(Self.orphan) == "mlx5_core")
        #expect(try PCIHost(host.roots).function(Self.orphan).driverOverride == nil)
        let kernel = FakeKernel(host)
        #expect(host.restore(kernel: kernel).0)
        #expect(kernel.writes.isEmpty)
    }

    @Test func aDryRunWritesNothingAndSaysEverything() throws {
        let host = try Self.disorder()
        let before = try host.snapshot()
        let kernel = FakeKernel(host)
        let wish = DeviceRestore.Wish(includesPrebound: true, includesOrphans: true, isDryRun: true)
        let (isDone, said) = host.restore(wish, kernel: kernel)
        #expect(isDone)
        #expect(kernel.writes.isEmpty)
        #expect(try host.snapshot() == before)
        let planned = said.filter { $0.hasPrefix("echo") }
        let real = host.restore(.init(includesPrebound: true, includesOrphans: true), kernel: kernel).1
        #expect(planned == real.filter { $0.hasPrefix("echo") })
        #expect(planned.count == kernel.writes.count)
        #expect(planned.count >= 14)
    }

    @Test func addressesThatAreNamed() throws {
        let host = try Self.disorder()
        for address in [Self.orphan, unbound, gpu, Self.aside] {
            let (isDone, said) = host.restore(.init(addresses: [address]))
            #expect(isDone, "\(address): \(said)")
            #expect(try PCIHost(host.roots).function(address).isOnVFIO == false)
        }
        #expect(GroupLocks.owners(host.roots).isEmpty)
        let (isDone, said) = host.restore(.init(addresses: [gpu]))
        #expect(isDone)
        #expect(said == ["0000:65:00.0 needs nothing: 'nvidia' has it"])
        #expect(!host.restore(.init(addresses: [pci("0000:99:00.0")])).0)
    }

    @Test func onlyWhatIsNamed() throws {
        let host = try Self.disorder()
        #expect(host.restore(.init(addresses: [Self.aside])).0)
        #expect(try host.driver(gpu) == "vfio-pci")
        #expect(try host.driver(Self.orphan) == "vfio-pci")
        #expect(try host.driver(unbound) == "vfio-pci")
    }

    /// One that got its VFIO driver by the kernel's command line is nobody's leftover.
    @Test func withoutAnOverrideItIsLeftAlone() throws {
        let host = try FakeHost.standard()
        try host.add(
            FakeFunction(Self.orphan, driver: "mlx5_core", group: 20).with { $0.boundTo = "vfio-pci" })
        let kernel = FakeKernel(host)
        #expect(host.restore(.init(includesOrphans: true), kernel: kernel).0)
        let (isDone, said) = host.restore(.init(addresses: [Self.orphan]), kernel: kernel)
        #expect(!isDone)
        #expect(
            said == [
                "0000:b1:00.0 is left alone: 'vfio-pci' has it, and not by an override; unbind it by hand"
            ])
        #expect(kernel.writes.isEmpty)
    }

    @Test func aLivingSandboxIsNamedAndSkipped() throws {
        let host = try FakeHost.standard()
        let name = try host.sandbox("pod-a")
        let pod = Binder(PCIHost(host.roots), owner: name.key, writer: FakeKernel(host))
        let plan = try Preflight(PCIHost(host.roots)).plan([.function(gpu)], access: .group)
        let journal = StateFolder(of: name, in: host.roots).journal
        _ = try pod.bind(plan) { try journal.record(.binding($0)) }
        let before = try host.snapshot()
        let kernel = FakeKernel(host)
        let (isDone, said) = host.restore(
            .init(includesPrebound: true, includesOrphans: true), kernel: kernel)
        #expect(isDone)
        #expect(said == ["sandbox 'pod-a' of namespace 'k8s.io' is running and keeps iommu group 7"])
        #expect(!host.restore(.init(addresses: [gpu]), kernel: kernel).0)
        #expect(kernel.writes.isEmpty)
        #expect(try host.snapshot() == before)
        #expect(pod.restore(plan.bindings).failures.isEmpty)
    }

    /// A monitor that outlives its shim still has its devices open.
    @Test func aSandboxWithAProcessKeepsItsDevices() throws {
        let host = try FakeHost.standard()
        let name = try host.sandbox("pod-a")
        try host.lose([.function(gpu)], by: name)
        let cgroups = "\(host.roots.sys)/fs/cgroup"
        try host.write("cpu\n", to: "\(cgroups)/cgroup.controllers")
        try host.write("4711\n", to: "\(cgroups)/swiftlet/\(name.key)/cgroup.procs")
        let kernel = FakeKernel(host)
        let (isLeft, said) = host.restore(kernel: kernel)
        #expect(!isLeft)
        #expect(said.count == 1)
        #expect(
            said.first?.contains("has ended but for processes in its cgroup, and keeps iommu group 7") == true
        )
        #expect(kernel.writes.isEmpty)
        try host.write("", to: "\(cgroups)/swiftlet/\(name.key)/cgroup.procs")
        #expect(host.restore(kernel: kernel).0)
        #expect(try host.driver(gpu) == "nvidia")
    }

    /// A journal that names a function whose group is another sandbox's by now does nothing to it.
    @Test func whatAnotherSandboxHasIsNotTouched() throws {
        let host = try FakeHost.standard()
        let old = try host.sandbox("old")
        try host.lose([.function(gpu), .function(unbound)], by: old)
        // The old one's group was given back, and a new one has taken it.
        try host.remove("\(host.roots.run)/vfio/group-7.lock")
        let new = GroupLocks(host.roots, owner: try host.sandbox("new").key)
        try new.take(7)
        #expect(host.restore().0)
        #expect(try host.driver(unbound) == nil)
        #expect(try host.driver(gpu) == "vfio-pci")
        new.release(7)
    }

    /// A lock whose sandbox has no folder any more is let go; what is on VFIO then is an orphan.
    @Test func aLockWithoutASandbox() throws {
        let host = try FakeHost.standard()
        try host.write("0123456789abcdef0123456789abcdef", to: "\(host.roots.run)/vfio/group-7.lock")
        #expect(host.restore().0)
        #expect(GroupLocks.owners(host.roots).isEmpty)
    }

    @Test func aJournalThatCanNotBeRead() throws {
        let host = try FakeHost.standard()
        let name = try host.sandbox("pod-a")
        try host.lose([.function(gpu)], by: name)
        try host.write("{\"version\":99}\n", to: StateFolder(of: name, in: host.roots).journal.path)
        let before = try host.snapshot()
        let (isDone, said) = host.restore()
        #expect(!isDone)
        #expect(said.first?.contains("it is not of version") == true)
        #expect(try host.snapshot() == before)
    }

    /// Every write of a restore fails once; the next restore gives back what that one could not.
    @Test(arguments: [Errno.EBUSY, .EIO, .ENODEV, .ETIMEDOUT]) func eachWriteFailsOnce(_ error: Errno) throws
    {
        let wish = DeviceRestore.Wish(includesPrebound: true, includesOrphans: true)
        let clean = try Self.disorder()
        let counter = FakeKernel(clean)
        #expect(clean.restore(wish, kernel: counter).0)
        print("writes of a clean 'devices restore': \(counter.writes.count)")
        #expect(counter.writes.count >= 14)
        let drivers = try PCIHost(clean.roots).functions().map(Self.state)
        for number in 1...counter.writes.count {
            let host = try Self.disorder()
            _ = host.restore(wish, kernel: FakeKernel(host, faults: [number: .fail(error)]))
            let (isDone, said) = host.restore(wish)
            #expect(isDone, "write \(number): \(said)")
            // An orphan that was left without any driver is nobody's any more, but for who names it.
            if try host.driver(Self.orphan) == nil {
                #expect(host.restore(.init(addresses: [Self.orphan])).0)
            }
            #expect(try PCIHost(host.roots).functions().map(Self.state) == drivers, "write \(number)")
        }
    }

    private static func state(_ function: PCIFunction) throws -> String {
        "\(function.address) \(function.driver ?? "-") \(function.driverOverride ?? "-")"
    }

    /// One that is still stuck stays set aside, and that is what the exit status says.
    @Test func oneThatIsStillStuck() throws {
        let host = try Self.disorder()
        let kernel = FakeKernel(host)
        kernel.fail { $0.path.hasSuffix("/unbind") && $0.text == "\(Self.aside)" ? .EBUSY : nil }
        #expect(!host.restore(.init(addresses: [Self.aside]), kernel: kernel).0)
        #expect(Quarantine(host.roots).entries().map(\.record.address) == [Self.aside])
        #expect(
            !DeviceReport(host.roots).groups.flatMap(\.functions).contains {
                $0.address == Self.aside && $0.isOrphan
            })
        #expect(host.restore(.init(addresses: [Self.aside])).0)
    }
}

import FakeHost
import Glibc
import Hypervisor
import Linux
import RuntimeErrors
import Synchronization
import Testing
import VFIO

@Suite struct RestoreTests {
    /// S2-11, and S2-2's way back.
    @Test func theOverrideIsClearedAndTheDriverIsBack() throws {
        let host = try FakeHost.standard()
        let kernel = FakeKernel(host)
        let binder = host.binder(kernel)
        let plan = try host.plan([.function(gpu)])
        _ = try binder.bind(plan) { _ in }
        let count = kernel.writes.count
        #expect(binder.restore(plan.bindings).failures.isEmpty)
        #expect(try host.read("\(host.folder(gpu))/driver_override") == "(null)\n")
        #expect(try host.driver(gpu) == "nvidia")
        #expect(kernel.writes[count...].first?.text == "\n")
    }

    /// S2-10, S0-10: what a crash left is known, and replaying the journal puts it back.
    @Test func anOrphanIsNamedAndComesBackWithTheJournal() throws {
        let host = try FakeHost.standard()
        let before = try host.snapshot()
        var records: [BindingRecord] = []
        do {
            let binder = host.binder(FakeKernel(host))
            _ = try binder.bind(try host.plan([.function(gpu)])) { records.append($0) }
        }
        let all = PCIHost(host.roots)
        #expect(all.orphans(besides: []).map(\.address) == [gpu, sound])
        #expect(all.orphans(besides: [gpu, sound]).isEmpty)
        // Nobody gets the group before its owner's journal is replayed, and nobody else replays it.
        let other = host.binder(FakeKernel(host), owner: "pod-b")
        let refusal = #expect(throws: RuntimeError.self) {
            _ = try other.bind(try host.plan([.function(gpu)])) { _ in }
        }
        #expect(
            refusal?.message
                == "can't take iommu group 7: sandbox 'pod-a' has it, see 'swiftlet devices list'; delete that sandbox, or run 'swiftlet devices restore' if it is gone"
        )
        #expect(other.restore(records).failures.map(\.isQuarantined) == [false, false])
        #expect(host.binder(FakeKernel(host)).restore(records).failures.isEmpty)
        #expect(all.orphans(besides: []).isEmpty)
        #expect(try host.snapshot() == before)
    }

    /// A journal is replayed twice at once: whoever comes second waits, and finds nothing to do.
    @Test func twoProcessesOfOneSandboxRestoreAtOnce() async throws {
        let host = try FakeHost.standard()
        let before = try host.snapshot()
        let plan = try host.plan([.function(gpu)])
        do { _ = try host.binder(FakeKernel(host)).bind(plan) { _ in } }
        let kernel = FakeKernel(host)
        kernel.fail { _ in
            usleep(30_000)
            return nil
        }
        async let first = Task.detached { host.binder(kernel).restore(plan.bindings) }.value
        async let second = Task.detached { host.binder(kernel).restore(plan.bindings) }.value
        #expect(await first.failures.isEmpty)
        #expect(await second.failures.isEmpty)
        #expect(kernel.writes.count == 6)
        #expect(try host.snapshot() == before)
    }

    /// The shim is killed while its last write is in the kernel, which gives the function to VFIO after all.
    @Test func aWriteThatComesLateIsTakenBackToo() throws {
        let host = try FakeHost.standard()
        let before = try host.snapshot()
        let plan = try host.plan([.function(unbound), .function(virtualFunction)])
        do { _ = try host.binder(FakeKernel(host)).bind(plan) { _ in } }
        let late = FakeKernel(host)
        let override = "\(host.folder(virtualFunction))/driver_override"
        try late.write("\(virtualFunction)", to: "\(host.roots.sys)/bus/pci/drivers/vfio-pci/unbind")
        let kernel = FakeKernel(host)
        let counter = Counter(left: 1)
        kernel.fail { write in
            guard write.path.hasSuffix("/drivers_probe"), counter.take() else { return nil }
            try? late.write("vfio-pci", to: override)
            try? late.write(write.text, to: write.path)
            return nil
        }
        // The wait for that write was all the time that there was.
        let limits = Binder.Limits(appearance: .milliseconds(20), restore: .zero)
        let binder = Binder(PCIHost(host.roots), owner: "pod-a", writer: kernel, limits: limits)
        #expect(binder.restore(plan.bindings).failures.isEmpty)
        #expect(try host.snapshot() == before)
    }

    /// S2-9: the kernel still has the function open for a while.
    @Test func busyIsTriedAgain() throws {
        let host = try FakeHost.standard()
        let before = try host.snapshot()
        let kernel = FakeKernel(host)
        let binder = host.binder(kernel)
        let plan = try host.plan([.function(gpu)])
        _ = try binder.bind(plan) { _ in }
        let counter = Counter(left: 4)
        kernel.fail { $0.path.hasSuffix("/vfio-pci/unbind") && counter.take() ? Errno.EBUSY : nil }
        #expect(binder.restore(plan.bindings).failures.isEmpty)
        #expect(try host.snapshot() == before)
        #expect(kernel.writes.filter { $0.path.hasSuffix("/vfio-pci/unbind") }.count == 6)
    }

    /// S2-9, S2-13, faults 30: one that never comes back is set aside after the deadline, the other one is restored.
    @Test func oneThatStaysBusyIsSetAsideAndTheOthersComeBack() throws {
        let host = try FakeHost.standard()
        let before = try host.snapshot()
        let kernel = FakeKernel(host)
        let binder = host.binder(kernel)
        let plan = try host.plan([.function(virtualFunction), .function(pci("0000:84:01.2"))])
        _ = try binder.bind(plan) { _ in }
        kernel.fail {
            $0.path.hasSuffix("/vfio-pci/unbind") && $0.text == "0000:84:01.2" ? Errno.EBUSY : nil
        }
        let start = ContinuousClock.now
        let report = binder.restore(plan.bindings)
        #expect(.now - start < .seconds(10))
        #expect(report.failures.map(\.address) == [pci("0000:84:01.2")])
        #expect(report.failures.map(\.isQuarantined) == [true])
        #expect(
            report.failures.first?.error.description
                == "can't give pci function 0000:84:01.2 back to driver 'mlx5_core': its driver is still 'vfio-pci'; it is set aside, see 'swiftlet devices restore': device or resource busy"
        )
        #expect(try host.driver(virtualFunction) == "mlx5_core")
        let entries = Quarantine(host.roots).entries()
        #expect(entries.map(\.record) == [plan.bindings[1]])
        let refusal = #expect(throws: RuntimeError.self) {
            _ = try host.plan([.function(pci("0000:84:01.2"))])
        }
        #expect(refusal?.message.split(separator: " ").contains("aside") == true)
        // Later it lets go.
        #expect(host.binder(FakeKernel(host)).restore(entries.map(\.record)).failures.isEmpty)
        #expect(Quarantine(host.roots).entries().isEmpty)
        #expect(try host.snapshot() == before)
    }

    /// S2-13: both fail, both are told.
    @Test func eachFailureIsReported() throws {
        let host = try FakeHost.standard()
        let kernel = FakeKernel(host)
        let binder = host.binder(kernel)
        let plan = try host.plan([.function(gpu)])
        _ = try binder.bind(plan) { _ in }
        kernel.fail { $0.path.hasSuffix("/vfio-pci/unbind") ? Errno.ETIMEDOUT : nil }
        let count = kernel.writes.count
        let report = binder.restore(plan.bindings)
        #expect(report.failures.map(\.address) == [sound, gpu])
        // A write that hangs is not made again.
        #expect(kernel.writes[count...].filter { $0.path.hasSuffix("/unbind") }.count == 2)
    }

    @Test func aVirtualFunctionThatIsGoneIsAWarning() throws {
        let host = try FakeHost.standard()
        let kernel = FakeKernel(host)
        let binder = host.binder(kernel)
        let plan = try host.plan([.function(virtualFunction), .function(gpu)])
        _ = try binder.bind(plan) { _ in }
        try host.remove(host.folder(virtualFunction))
        let report = binder.restore(plan.bindings)
        #expect(report.failures.isEmpty)
        #expect(report.warnings == ["pci function 0000:84:01.1 is not given back to the host: it is gone"])
        #expect(try host.driver(gpu) == "nvidia")
    }

    /// Another card at the same address is none of ours.
    @Test func anotherFunctionInItsPlaceIsLeftAlone() throws {
        let host = try FakeHost.standard()
        let kernel = FakeKernel(host)
        var record = try host.plan([.function(gpu)]).bindings[0]
        record.device = 0x1111
        record.originalDriver = "other"
        let report = host.binder(kernel).restore([record])
        #expect(report.failures.isEmpty)
        #expect(report.warnings.count == 1)
        #expect(kernel.writes.isEmpty)
    }

    /// A function that somebody gave to a third driver stays there, and is told.
    @Test func aThirdDriverIsNotUnbound() throws {
        let host = try FakeHost.standard()
        var record = try host.plan([.function(gpu)]).bindings[0]
        record.originalDriver = "nouveau"
        let kernel = FakeKernel(host)
        #expect(host.binder(kernel).restore([record]).failures.count == 1)
        #expect(kernel.writes.isEmpty)
    }

    @Test(arguments: ["../../x", "", "..", "a/b"]) func aRecordOfNonsenseWritesNothing(_ driver: String)
        throws
    {
        let host = try FakeHost.standard()
        var record = try host.plan([.function(gpu)]).bindings[0]
        record.originalDriver = driver
        let kernel = FakeKernel(host)
        #expect(host.binder(kernel).restore([record]).failures.count == 1)
        #expect(kernel.writes.isEmpty)
    }

    /// A kernel that takes every write and does nothing: bounded all the same.
    @Test func writesWithoutEffectEndAtTheDeadline() throws {
        let host = try FakeHost.standard()
        let binder = host.binder(FakeKernel(host))
        let plan = try host.plan([.function(gpu)])
        _ = try binder.bind(plan) { _ in }
        let deaf = Binder(
            PCIHost(host.roots), owner: "pod-a", writer: DeafKernel(),
            limits: Binder.Limits(appearance: .milliseconds(10), restore: .milliseconds(50)))
        _ = consume binder
        #expect(deaf.restore(plan.bindings).failures.count == 2)
    }
}

/// Takes every write and does nothing.
private struct DeafKernel: AttributeWriter {
    func write(_ text: String, to path: String) throws(Errno) {}
}

/// True so many times, then false.
private final class Counter: Sendable {
    private let left: Mutex<Int>

    init(left: Int) { self.left = Mutex(left) }

    func take() -> Bool {
        left.withLock {
            $0 -= 1
            return $0 >= 0
        }
    }
}

import FakeHost
import Hypervisor
import Linux
import RuntimeErrors
import Synchronization
import Testing
import VFIO

@Suite struct BinderTests {
    /// S2-2, and S0-9: the functions of one slot go together.
    @Test func theJournalIsWrittenFirstThenOverrideUnbindAndProbe() throws {
        let host = try FakeHost.standard()
        let kernel = FakeKernel(host)
        var seen: [Int] = []
        let plan = try host.plan([.function(virtualFunction)])
        let devices = try host.binder(kernel).bind(plan) { _ in seen.append(kernel.writes.count) }
        let bus = "\(host.roots.sys)/bus/pci"
        #expect(seen == [0])
        #expect(
            kernel.writes == [
                PlannedWrite(path: "\(bus)/devices/0000:84:01.1/driver_override", text: "vfio-pci"),
                PlannedWrite(path: "\(bus)/drivers/mlx5_core/unbind", text: "0000:84:01.1"),
                PlannedWrite(path: "\(bus)/drivers_probe", text: "0000:84:01.1"),
            ])
        #expect(kernel.writes == plan.writes)
        #expect(try host.driver(virtualFunction) == "vfio-pci")
        #expect(devices.map(\.node) == ["\(host.roots.dev)/vfio/9"])
        #expect(devices.map(\.number) == [9])
    }

    /// S2-3.
    @Test func aFunctionOnVFIOAlreadyStaysThere() throws {
        let host = try FakeHost.standard()
        try host.add(FakeFunction(pci("0000:b1:00.0"), group: 12).with { $0.boundTo = "vfio-pci" })
        let kernel = FakeKernel(host)
        let plan = try host.plan([.function(pci("0000:b1:00.0"))])
        #expect(plan.devices.first?.function?.driver == "vfio-pci")
        let binder = host.binder(kernel)
        _ = try binder.bind(plan) { _ in Issue.record("there is nothing to note") }
        #expect(binder.restore(plan.bindings).failures.isEmpty)
        #expect(kernel.writes.isEmpty)
        #expect(try host.driver(pci("0000:b1:00.0")) == "vfio-pci")
    }

    /// S2-4.
    @Test(arguments: [Errno.EBUSY, .EPERM]) func anUnbindThatFailsLeavesTheDriver(_ error: Errno) throws {
        let host = try FakeHost.standard()
        let before = try host.snapshot()
        let kernel = FakeKernel(host)
        kernel.fail { $0.path.hasSuffix("/nvidia/unbind") ? error : nil }
        let failure = #expect(throws: RuntimeError.self) {
            _ = try host.binder(kernel).bind(try host.plan([.function(gpu)])) { _ in }
        }
        #expect(failure?.message.hasPrefix("can't bind 0000:65:00.0: can't write") == true)
        #expect(try host.read("\(host.folder(gpu))/driver_override") == "(null)\n")
        #expect(try host.driver(gpu) == "nvidia")
        #expect(try host.snapshot() == before)
    }

    /// S2-5; faults 27: the first devices of the list are put back too.
    /// The kernel holds the lock of a function whose write hangs: nobody writes to it or asks for it again.
    @Test(arguments: ["unbind", "drivers_probe"]) func aWriteThatHangsSetsItsFunctionAside(
        _ attribute: String
    ) throws {
        let host = try FakeHost.standard()
        let kernel = FakeKernel(host)
        kernel.fail { $0.path.hasSuffix(attribute) && $0.text == "\(virtualFunction)" ? .ETIMEDOUT : nil }
        let error = #expect(throws: RuntimeError.self) {
            _ = try host.binder(kernel).bind(host.plan()) { _ in }
        }
        #expect(error?.message.contains("\(virtualFunction)") == true)
        #expect(error?.message.contains("set aside") == true)
        #expect(Quarantine(host.roots).entries().map(\.record.address) == [virtualFunction])
        let last = try #require(
            kernel.writes.lastIndex {
                $0.path.contains("\(virtualFunction)") || $0.text == "\(virtualFunction)"
            })
        #expect(kernel.writes[last].path.hasSuffix(attribute))
        // Those before it are back.
        #expect(try host.driver(gpu) == "nvidia" && host.driver(sound) == "snd_hda_intel")
        #expect(GroupLocks.owner(of: 7, host.roots) == nil)
    }

    @Test func aProbeThatChangesNothingIsRolledBack() throws {
        let host = try FakeHost.standard()
        let plan = try host.plan()
        let before = try host.snapshot()
        let kernel = FakeKernel(host)
        // The module goes between the check and the last function's turn.
        kernel.fail {
            $0.path.hasSuffix("drivers_probe") && $0.text == "\(unbound)" ? Errno.ENODEV : nil
        }
        let failure = #expect(throws: RuntimeError.self) {
            _ = try host.binder(kernel).bind(plan) { _ in }
        }
        let text = try #require(failure).message
        #expect(text.hasPrefix("can't bind \(unbound): 'vfio-pci' did not take it"))
        #expect(text.hasSuffix("is the kernel module 'vfio-pci' loaded, and does it work here?"))
        #expect(kernel.writes.contains { $0.text == "\(gpu)" && $0.path.hasSuffix("/vfio-pci/unbind") })
        #expect(try host.snapshot() == before)
    }

    /// A function that changed between the look and the lock is not touched.
    @Test func aFunctionThatChangedMeanwhileIsNotBound() throws {
        let host = try FakeHost.standard()
        let plan = try host.plan([.function(gpu)])
        try FakeKernel(host).write("\(gpu)", to: "\(host.roots.sys)/bus/pci/drivers/nvidia/unbind")
        let kernel = FakeKernel(host)
        let failure = #expect(throws: RuntimeError.self) {
            _ = try host.binder(kernel).bind(plan) { _ in Issue.record("nothing is to be done") }
        }
        #expect(failure?.code == .aborted)
        #expect(kernel.writes.isEmpty)
    }

    /// Faults 29: it goes between two writes, and the rest is put back.
    @Test func aFunctionThatVanishesHalfWayIsAnErrorAndTheRestComesBack() throws {
        let host = try FakeHost.standard()
        let kernel = FakeKernel(host)
        kernel.fail { write in
            guard write.path.hasSuffix("/mlx5_core/unbind") else { return nil }
            try? host.remove(host.folder(virtualFunction))
            return .ENODEV
        }
        let failure = #expect(throws: RuntimeError.self) {
            _ = try host.binder(kernel).bind(try host.plan()) { _ in }
        }
        #expect(failure?.message.hasPrefix("can't bind \(virtualFunction)") == true)
        #expect(try host.driver(gpu) == "nvidia")
        #expect(try host.driver(sound) == "snd_hda_intel")
    }

    @Test func aNodeThatIsOpenElsewhereIsRefusedAndAllComesBack() throws {
        let host = try FakeHost.standard()
        let before = try host.snapshot()
        let binder = Binder(PCIHost(host.roots), owner: "pod-a", writer: FakeKernel(host)) {
            path throws(Errno) in
            if path.hasSuffix("/vfio/9") { throw .EBUSY }
        }
        let failure = #expect(throws: RuntimeError.self) {
            _ = try binder.bind(try host.plan()) { _ in }
        }
        #expect(
            failure?.message
                == "can't use \(virtualFunction) of iommu group 9: '\(host.roots.dev)/vfio/9' is in use by another process"
        )
        #expect(try host.snapshot() == before)
    }

    @Test func withIOMMUFDTheNodeIsTheDevices() throws {
        let host = try FakeHost.standard()
        let plan = try host.plan([.function(gpu)], access: .iommufd)
        #expect(plan.devices.map(\.node) == [nil, nil])
        let devices = try host.binder(FakeKernel(host)).bind(plan) { _ in }
        #expect(devices.map(\.node) == (0...1).map { "\(host.roots.dev)/vfio/devices/vfio\($0)" })
        #expect(devices.map(\.number) == [0, 1])
        #expect(devices.map(\.isRequested) == [true, false])
    }

    @Test func aJournalThatCannotBeWrittenMeansNoWrite() throws {
        let host = try FakeHost.standard()
        let kernel = FakeKernel(host)
        #expect(throws: RuntimeError.self) {
            _ = try host.binder(kernel).bind(try host.plan()) { _ in throw Errno.ENOSPC }
        }
        #expect(kernel.writes.isEmpty)
    }

    /// A device that comes later and fails leaves the earlier ones, and their locks, alone.
    @Test func aSecondBindThatFailsKeepsTheFirst() throws {
        let host = try FakeHost.standard()
        let kernel = FakeKernel(host)
        let binder = host.binder(kernel)
        let first = try host.plan([.function(gpu)])
        _ = try binder.bind(first) { _ in }
        let middle = try host.snapshot()
        kernel.fail { $0.path.hasSuffix("/mlx5_core/unbind") ? .EBUSY : nil }
        #expect(throws: RuntimeError.self) {
            _ = try binder.bind(try host.plan([.function(virtualFunction)])) { _ in }
        }
        #expect(try host.snapshot() == middle)
        #expect(GroupLocks.owner(of: 7, host.roots) == "pod-a")
        #expect(GroupLocks.owner(of: 9, host.roots) == nil)
        #expect(binder.restore(first.bindings).failures.isEmpty)
    }
}

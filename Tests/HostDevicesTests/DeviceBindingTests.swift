import FakeHost
import Glibc
import Hypervisor
import Linux
import RuntimeErrors
import Testing
import VFIO

@testable import HostDevices

@Suite struct DeviceBindingTests {
    @Test func boundAndGivenBack() throws {
        let host = try FakeHost.standard()
        let before = try host.snapshot()
        let said = try host.bind(.function(gpu), .function(virtualFunction))
        #expect(try host.driver(gpu) == "vfio-pci")
        #expect(try host.driver(sound) == "vfio-pci")
        #expect(try host.driver(virtualFunction) == "vfio-pci")
        #expect(PreboundFunctions(host.roots).records().map(\.address) == [gpu, sound, virtualFunction])
        #expect(GroupLocks.owners(host.roots).isEmpty, "pods can take the groups")
        #expect(said.contains("echo vfio-pci > \(host.folder(gpu))/driver_override"))
        #expect(said.contains("0000:65:00.1 comes along: it is in the same slot and group"))
        let (isDone, _) = host.restore(.init(addresses: [virtualFunction, sound, gpu]))
        #expect(isDone)
        #expect(try host.snapshot() == before)
    }

    @Test func aDryRunWritesNothing() throws {
        let host = try FakeHost.standard()
        let before = try host.snapshot()
        let kernel = FakeKernel(host)
        let said = try host.bind(.group(7), kernel: kernel, dryRun: true)
        #expect(kernel.writes.isEmpty)
        #expect(try host.snapshot() == before)
        let planned = said.filter { $0.hasPrefix("echo ") }
        let real = try host.bind(.group(7), kernel: kernel).filter { $0.hasPrefix("echo ") }
        #expect(planned == real, "what it says is what is done")
        #expect(planned.count == kernel.writes.count)
        #expect(planned.count == 6)
    }

    @Test func bindingWhatIsBoundIsNoError() throws {
        let host = try FakeHost.standard()
        _ = try host.bind(.function(gpu))
        let before = try host.snapshot()
        let kernel = FakeKernel(host)
        let said = try host.bind(.function(gpu), kernel: kernel)
        #expect(kernel.writes.isEmpty)
        #expect(said.contains("0000:65:00.0 is on 'vfio-pci' already"))
        #expect(try host.snapshot() == before)
        // Also while a pod has it, beside something new.
        let pod = GroupLocks(host.roots, owner: "pod")
        try pod.take(7)
        _ = try host.bind(.function(gpu), .function(unbound))
        #expect(try host.driver(unbound) == "vfio-pci")
        pod.release(7)
    }

    /// The rules are those of a pod.
    @Test func whatTheHostUsesIsRefused() throws {
        let host = try FakeHost.standard()
        let before = try host.snapshot()
        let error = #expect(throws: RuntimeError.self) { try host.bind(.function(unbound), .function(nic)) }
        #expect(error?.message.contains("network interface 'ens1' is up") == true)
        #expect(try host.snapshot() == before)
        let pod = GroupLocks(host.roots, owner: "pod")
        try pod.take(7)
        #expect(throws: RuntimeError.self) { try host.bind(.function(gpu)) }
        #expect(try host.driver(gpu) == "nvidia")
        pod.release(7)
    }

    /// A pod takes what was bound ahead of time, leaves it bound, and it is still no orphan.
    @Test func aPodTakesItAndLeavesItBound() throws {
        let host = try FakeHost.standard()
        let before = try host.snapshot()
        _ = try host.bind(.function(gpu))
        let bound = try host.snapshot()
        let kernel = FakeKernel(host)
        let pod = Binder(PCIHost(host.roots), owner: "pod", writer: kernel)
        let plan = try Preflight(PCIHost(host.roots)).plan([.function(gpu)], access: .iommufd)
        _ = try pod.bind(plan) { _ in }
        let (isLeft, said) = host.restore(.init(addresses: [gpu]), kernel: kernel)
        #expect(!isLeft)
        #expect(said == ["0000:65:00.0 is left alone: sandbox 'pod' is running and has its group"])
        #expect(pod.restore(plan.bindings).failures.isEmpty)
        #expect(kernel.writes.isEmpty)
        #expect(try host.snapshot() == bound)
        #expect(host.restore().0, "it is nobody's leftover")
        #expect(try host.snapshot() == bound)
        #expect(host.restore(.init(includesPrebound: true)).0)
        #expect(try host.snapshot() == before)
    }

    /// Every write of a bind fails once: everything is as before, and nothing is noted any more.
    @Test(arguments: [Errno.EBUSY, .EIO, .ENODEV]) func eachWriteFailsOnce(_ error: Errno) throws {
        let count = try Self.count()
        print("writes of a clean 'devices bind': \(count)")
        #expect(count >= 8)
        for number in 1...count {
            let host = try FakeHost.standard()
            let before = try host.snapshot()
            let kernel = FakeKernel(host, faults: [number: .fail(error)])
            do {
                _ = try host.bind(
                    .function(gpu), .function(virtualFunction), .function(unbound), kernel: kernel)
                // The kernel did what was asked and said something else.
                #expect(host.restore(.init(includesPrebound: true)).0)
            } catch {}
            #expect(try host.snapshot() == before, "write \(number), \(kernel.writes[number - 1])")
        }
    }

    /// Killed at every write: `restore` gives back, and so does another `bind` with a `restore` behind it.
    @Test func killedAtEachWrite() async throws {
        for number in 1...(try Self.count()) {
            for bindsAgain in [false, true] {
                let host = try FakeHost.standard()
                let before = try host.snapshot()
                let prefix = host.roots.prefix
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [prefix = prefix as String, number = number as Int] in
                    let host = FakeHost(existing: prefix)
                    let kernel = FakeKernel(host, faults: [number: .kill])
                    _ = try host.bind(
                        .function(gpu), .function(virtualFunction), .function(unbound), kernel: kernel)
                }
                #expect(!GroupLocks.owners(host.roots).isEmpty, "no pod gets what is half bound")
                let tree = DeviceReport(host.roots).tree
                #expect(
                    tree.contains("a command of 'swiftlet devices', running or killed, has iommu group 7"))
                if bindsAgain {
                    _ = try host.bind(.function(gpu), .function(virtualFunction), .function(unbound))
                    #expect(try host.driver(unbound) == "vfio-pci")
                }
                let (isDone, said) = host.restore(.init(includesPrebound: true, includesOrphans: false))
                #expect(isDone, "killed at write \(number): \(said)")
                #expect(try host.snapshot() == before, "killed at write \(number), again: \(bindsAgain)")
            }
        }
    }

    private static func count() throws -> Int {
        let host = try FakeHost.standard()
        let kernel = FakeKernel(host)
        _ = try host.bind(.function(gpu), .function(virtualFunction), .function(unbound), kernel: kernel)
        return kernel.writes.count
    }
}

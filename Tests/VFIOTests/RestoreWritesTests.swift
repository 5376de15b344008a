import FakeHost
import Hypervisor
import Linux
import Testing
import VFIO

/// What a dry run says is what a restore writes, from wherever it starts.
@Suite struct RestoreWritesTests {
    @Test func fromEveryPlaceOfABind() throws {
        let host = try FakeHost.standard()
        let plan = try host.plan()
        for count in 0...plan.writes.count {
            let host = try FakeHost.standard()
            let setup = FakeKernel(host)
            for write in plan.writes.prefix(count) {
                let path = host.roots.prefix + write.path.dropFirst(Self.prefixLength(write.path))
                try setup.write(write.text, to: path)
            }
            let lookingOn = PCIHost(host.roots)
            let planned = plan.bindings.reversed().flatMap { lookingOn.writes(toRestore: $0) }
            let kernel = FakeKernel(host)
            #expect(host.binder(kernel).restore(plan.bindings).failures.isEmpty)
            #expect(kernel.writes == planned, "after \(count) writes")
        }
    }

    /// The length of a fake host's own prefix: what stands before `/sys`.
    private static func prefixLength(_ path: String) -> Int {
        let parts = path.split(separator: "/")
        let index = parts.firstIndex(of: "sys") ?? 0
        return parts.prefix(index).reduce(0) { $0 + $1.count + 1 }
    }

    @Test func whatHasGoneOrIsAnotherOneNeedsNothing() throws {
        let host = try FakeHost.standard()
        var record = try #require(try host.plan([.function(gpu)]).bindings.first)
        #expect(PCIHost(host.roots).writes(toRestore: record).isEmpty)
        try FakeKernel(host).write("vfio-pci", to: "\(host.folder(gpu))/driver_override")
        #expect(PCIHost(host.roots).writes(toRestore: record).map(\.text) == ["\n"])
        record.device = 0x1111
        #expect(PCIHost(host.roots).writes(toRestore: record).isEmpty)
        record.address = pci("0000:fe:00.0")
        #expect(PCIHost(host.roots).writes(toRestore: record).isEmpty)
    }
}

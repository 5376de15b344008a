import FakeHost
import Hypervisor
import Linux
import RuntimeErrors
import Testing
import VFIO

@Suite struct GroupLocksTests {
    @Test func ownersAndWhoIsAlive() throws {
        let host = try FakeHost.standard()
        let locks = GroupLocks(host.roots, owner: "pod-a")
        try locks.take(7)
        // One that ended without giving its group back.
        try host.write("pod-b", to: "\(host.roots.run)/vfio/group-9.lock")
        #expect(GroupLocks.owners(host.roots) == [7: "pod-a", 9: "pod-b"])
        #expect(GroupLocks.isHeld(7, host.roots))
        #expect(!GroupLocks.isHeld(9, host.roots))
        #expect(!GroupLocks.isHeld(8, host.roots))
        // Asking takes nothing.
        try GroupLocks(host.roots, owner: "pod-b").take(9)
        locks.release(7)
        #expect(GroupLocks.owners(host.roots) == [9: "pod-b"])
    }

    @Test func lettingGoLeavesFunctionsBound() throws {
        let host = try FakeHost.standard()
        let binder = host.binder(FakeKernel(host))
        _ = try binder.bind(try host.plan([.function(gpu)])) { _ in }
        binder.letGo()
        #expect(try host.driver(gpu) == "vfio-pci")
        #expect(GroupLocks.owners(host.roots).isEmpty)
        try GroupLocks(host.roots, owner: "pod-b").take(7)
    }

    @Test func notesOfFunctionsBoundAheadOfTime() throws {
        let host = try FakeHost.standard()
        let before = try host.snapshot()
        let notes = PreboundFunctions(host.roots)
        let records = try host.plan([.function(gpu)]).bindings
        for record in records { try notes.add(record) }
        #expect(notes.records() == records)
        #expect(notes.record(gpu) == records.first)
        // A file that speaks of another function is not believed.
        let folder = "\(host.roots.run)/vfio/bound"
        try host.write(try host.read("\(folder)/\(gpu).json"), to: "\(folder)/\(unbound).json")
        #expect(notes.record(unbound) == nil)
        for address in [gpu, sound, unbound] { notes.remove(address) }
        #expect(try host.snapshot() == before)
    }
}

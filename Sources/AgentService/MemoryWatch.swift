import Glibc
import GuestRuntime
import Linux
import LoopSupport
import NIOCore

/// Notices containers whose memory ran out: an inotify watch on each one's memory.events.
final class MemoryWatch: Sendable {
    private let loop: MainLoop
    private let descriptor: SharedDescriptor
    private let table: NIOLoopBound<Table>

    /// What is watched and what has happened. Lives on the loop.
    private final class Table {
        var watched: [CInt: (id: String, cgroup: ContainerCgroup, kills: UInt64)] = [:]
        var events: [String] = []
        var waiting: [(number: UInt64, promise: EventLoopPromise<String>)] = []
        var lastNumber: UInt64 = 0
    }

    init(on loop: MainLoop) async throws {
        self.loop = loop
        let descriptor = SharedDescriptor(
            owning: try checkedErrno { inotify_init1(CInt(IN_NONBLOCK) | CInt(IN_CLOEXEC)) })
        self.descriptor = descriptor
        table = try await loop.eventLoop.submit {
            NIOLoopBound(Table(), eventLoop: loop.eventLoop)
        }.get()
        let reader = try await PipeReader.open(
            try descriptor.duplicated().release(), maximumPiece: 4096, on: loop)
        // What a record says is found out again from the files.
        loop.task { [weak self] in
            while try await reader.next() != nil { self?.look() }
        }
    }

    /// Starts to watch a container's cgroup.
    func watch(_ cgroup: ContainerCgroup, of id: String) {
        let number = inotify_add_watch(
            descriptor.raw, "/proc/self/fd/\(cgroup.folder.raw)/memory.events", UInt32(IN_MODIFY))
        // Without the memory controller nothing runs out.
        guard number >= 0 else { return }
        loop.eventLoop.execute { [table] in
            table.value.watched[number] = (id, cgroup, cgroup.killsForMemory)
        }
    }

    /// Ends the watch of a container.
    func forget(_ id: String) {
        loop.eventLoop.execute { [table, descriptor] in
            for (number, entry) in table.value.watched where entry.id == id {
                inotify_rm_watch(descriptor.raw, number)
                table.value.watched[number] = nil
            }
        }
    }

    /// The id of the next container that has lost a process for want of memory.
    func next() async throws -> String {
        let promise = loop.eventLoop.makePromise(of: String.self)
        let number = try await loop.eventLoop.submit { [table] in
            table.value.lastNumber += 1
            table.value.waiting.append((table.value.lastNumber, promise))
            Self.deliver(table.value)
            return table.value.lastNumber
        }.get()
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            loop.eventLoop.execute { [table] in
                // An event that has been handed over is the caller's; one whose caller has gone stays.
                guard let index = table.value.waiting.firstIndex(where: { $0.number == number }) else {
                    return
                }
                table.value.waiting.remove(at: index).promise.fail(CancellationError())
            }
        }
    }

    /// Finds out now what the kernel would tell only a moment later, so that who hears of a process's end has heard
    /// before what ended it.
    func lookNow() async throws {
        try await loop.eventLoop.submit { self.look() }.get()
    }

    private func look() {
        for (number, entry) in table.value.watched {
            let kills = entry.cgroup.killsForMemory
            guard kills > entry.kills else { continue }
            table.value.watched[number] = (entry.id, entry.cgroup, kills)
            // Nobody may listen: what is not yet told is told once.
            if !table.value.events.contains(entry.id) { table.value.events.append(entry.id) }
        }
        Self.deliver(table.value)
    }

    private static func deliver(_ table: Table) {
        while !table.events.isEmpty, !table.waiting.isEmpty {
            table.waiting.removeFirst().promise.succeed(table.events.removeFirst())
        }
    }
}

extension ContainerCgroup {
    /// How many processes have been killed for want of memory.
    var killsForMemory: UInt64 {
        keyedValues("memory.events")["oom_kill"] ?? 0
    }
}

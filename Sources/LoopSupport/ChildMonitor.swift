package import Glibc
package import Linux
import NIOCore
import NIOPosix

/// Sees the ends of child processes: SIGCHLD through a signalfd, then one wait for each child that is known.
///
/// A pidfd can't be registered with NIO: its hang-up at the child's end aborts the process.
package final class ChildMonitor: Sendable {
    private let eventLoop: any EventLoop
    private let table: NIOLoopBound<ChildTable>
    private let channel: any Channel

    private init(_ eventLoop: any EventLoop, _ table: NIOLoopBound<ChildTable>, _ channel: any Channel) {
        self.eventLoop = eventLoop
        self.table = table
        self.channel = channel
    }

    /// Starts to watch. Blocks SIGCHLD for the calling thread, which must be the only one.
    ///
    /// - Parameter adoptsOrphans: reap children that nobody asked about too, as PID 1 must; their ends are
    ///   kept for a while, for those who ask late.
    package static func start(on loop: MainLoop, adoptsOrphans: Bool = false) async throws -> ChildMonitor {
        try blockSignals([SIGCHLD])
        let descriptor = try signalDescriptor([SIGCHLD]).release()
        let table = NIOLoopBound(ChildTable(adoptsOrphans: adoptsOrphans), eventLoop: loop.eventLoop)
        let channel = try await NIOPipeBootstrap(group: loop.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(SignalHandler(table.value))
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor).get()
        return ChildMonitor(loop.eventLoop, table, channel)
    }

    /// Waits for the end of a child; any number of callers, before and after it.
    ///
    /// The first call must come before the loop's next turn after the child was made.
    package func exit(of pid: pid_t) async -> ExitStatus {
        let promise = eventLoop.makePromise(of: ExitStatus.self)
        onExit(of: pid) { promise.succeed($0) }
        do {
            return try await promise.futureResult.get()
        } catch {
            return .signaled(SIGKILL)
        }
    }

    /// Calls `body` on the loop when the child has ended; at once if it has already.
    package func onExit(of pid: pid_t, _ body: @escaping @Sendable (ExitStatus) -> Void) {
        if eventLoop.inEventLoop {
            table.value.watch(pid, body)
        } else {
            eventLoop.execute { [table] in table.value.watch(pid, body) }
        }
    }

    /// Forgets a child whose end has been seen, and stops reporting one that still runs.
    package func forget(_ pid: pid_t) {
        eventLoop.execute { [table] in table.value.forget(pid) }
    }
}

/// The children that somebody asked about. Lives on the loop.
final class ChildTable {
    /// Ends that nobody had asked about yet are kept up to this number.
    private static let maximumUnclaimed = 1024

    private let adoptsOrphans: Bool
    private var watchers: [pid_t: [(ExitStatus) -> Void]] = [:]
    private var ended: [pid_t: ExitStatus] = [:]
    private var unclaimed: [pid_t] = []

    init(adoptsOrphans: Bool) {
        self.adoptsOrphans = adoptsOrphans
    }

    func watch(_ pid: pid_t, _ body: @escaping (ExitStatus) -> Void) {
        watchers[pid, default: []].append(body)
        // The child may have ended before anybody watched; its signal is then spent.
        reap(pid)
    }

    func forget(_ pid: pid_t) {
        // One that has ended just now is still told.
        if watchers[pid] != nil { reap(pid) }
        watchers[pid] = nil
        ended[pid] = nil
    }

    func reapAll() {
        for pid in Array(watchers.keys) { reap(pid) }
        guard adoptsOrphans else { return }
        while true {
            var raw: CInt = 0
            let pid = waitpid(-1, &raw, WNOHANG)
            guard pid > 0 else { return }
            let signal = raw & 0x7f
            let status: ExitStatus = signal == 0 ? .exited((raw >> 8) & 0xff) : .signaled(signal)
            ended[pid] = status
            unclaimed.append(pid)
            if unclaimed.count > Self.maximumUnclaimed { ended[unclaimed.removeFirst()] = nil }
        }
    }

    private func reap(_ pid: pid_t) {
        do throws(Errno) {
            if let status = try waitid(pid) {
                settle(pid, status)
            } else {
                // It runs: what is known of this number is an earlier process's end.
                ended[pid] = nil
            }
        } catch {
            // No child any more: seen before, or reaped elsewhere, when nobody can say how it ended.
            settle(pid, ended[pid] ?? .signaled(SIGKILL))
        }
    }

    private func settle(_ pid: pid_t, _ status: ExitStatus) {
        ended[pid] = status
        for body in watchers.removeValue(forKey: pid) ?? [] { body(status) }
    }
}

/// Each read is one or more signalfd records; what they say is found out by waiting.
private final class SignalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let table: ChildTable

    init(_ table: ChildTable) {
        self.table = table
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        table.reapAll()
    }
}

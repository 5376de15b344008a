import Glibc
import Linux
import LoopSupport
import NIOCore

/// Sees the ends of children by looking again and again.
///
/// The shim blocks SIGCHLD in all its threads and reads it from a signalfd. A test process has a thread that
/// does not block it (Dispatch's main thread) and takes it from under the signalfd now and then.
struct PollingChildren: ChildWatcher {
    let loop: MainLoop

    init(_ loop: MainLoop) {
        self.loop = loop
    }

    func onExit(of pid: pid_t, _ body: @escaping @Sendable (ExitStatus) -> Void) {
        loop.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(5)) { task in
            guard let status = try waitid(pid) else { return }
            task.cancel()
            body(status)
        }
    }

    func forget(_ pid: pid_t) {}
}

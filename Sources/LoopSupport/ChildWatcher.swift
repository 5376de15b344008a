package import Glibc
package import Linux

/// Who tells that a child process has ended.
package protocol ChildWatcher: Sendable {
    /// Calls `body` on the loop when the child has ended; at once if it has already.
    func onExit(of pid: pid_t, _ body: @escaping @Sendable (ExitStatus) -> Void)

    /// Forgets a child whose end has been seen.
    func forget(_ pid: pid_t)
}

extension ChildMonitor: ChildWatcher {}

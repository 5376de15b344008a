internal import CLinux
package import Glibc

/// How a process ended.
package enum ExitStatus: Sendable, Equatable {
    /// It called exit with this code, 0 to 255.
    case exited(Int32)
    /// This signal ended it.
    case signaled(Int32)

    /// The code as a shell and containerd show it: 128 + n for signal n.
    package var shellCode: Int32 {
        switch self {
        case .exited(let code): code
        case .signaled(let number): 128 &+ number
        }
    }

    /// The end in words, to follow the name of what has ended.
    package var words: String {
        switch self {
        case .exited(let code): "exited with \(code)"
        case .signaled(let signal): "was killed by signal \(signal)"
        }
    }
}

/// Reaps the child `pid` if it has ended; nil while it runs. Never blocks.
///
/// - Throws: `Errno`: `ECHILD` if it is no child of this process or was reaped before.
package func waitid(_ pid: pid_t) throws(Errno) -> ExitStatus? {
    var status = CLinux_exit()
    guard try checked(CLinux_wait(pid, 0, &status)) == 1 else { return nil }
    return status.signaled == 0 ? .exited(status.value) : .signaled(status.value)
}

/// Waits until the child `pid` ends and reaps it. Blocks the calling thread.
///
/// - Throws: `Errno`: `ECHILD` if it is no child of this process or was reaped before.
package func waitUntilExit(of pid: pid_t) throws(Errno) -> ExitStatus {
    var status = CLinux_exit()
    try checked(CLinux_wait(pid, 1, &status))
    return status.signaled == 0 ? .exited(status.value) : .signaled(status.value)
}

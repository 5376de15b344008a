internal import CLinux
package import Glibc

/// A descriptor of the process `pid`: it becomes readable when the process ends.
///
/// - Throws: `Errno`: `ESRCH` if there is no such process.
package func openProcess(_ pid: pid_t) throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(owning: try checked(CLinux_pidfd_open(pid)))
}

/// Sends a signal to the very process of `pidfd`, never to one that reuses its pid.
///
/// - Throws: `Errno`: `ESRCH` if it has ended.
package func sendSignal(_ signal: CInt, to pidfd: CInt) throws(Errno) {
    try checked(CLinux_pidfd_send_signal(pidfd, signal))
}

/// Whether a process is stopped, by a signal or a debugger; false if there is none.
package func isStopped(_ pid: pid_t) -> Bool {
    guard let file = try? openDescriptor("/proc/\(pid)/stat", flags: O_RDONLY),
        let bytes = try? readAll(file.raw, limit: 4096),
        // The name before the state is in parentheses and may hold anything.
        let end = bytes.lastIndex(of: UInt8(ascii: ")")), bytes.count > end + 2
    else { return false }
    return bytes[end + 2] == UInt8(ascii: "T") || bytes[end + 2] == UInt8(ascii: "t")
}

/// From now on, orphaned descendants become children of this process.
///
/// - Throws: `Errno`.
package func becomeSubreaper() throws(Errno) {
    try checked(CLinux_become_subreaper())
}

/// Sets the name of the calling thread; 15 bytes of it are kept.
///
/// - Throws: `Errno`.
package func setThreadName(_ name: String) throws(Errno) {
    try checked(CLinux_set_name(name))
}

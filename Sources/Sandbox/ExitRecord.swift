import Glibc

/// How and when a process ended.
package struct ExitRecord: Sendable, Equatable {
    /// The exit code, or 128 + the signal that ended the process.
    package var status: UInt32
    /// Seconds since the epoch, host clock.
    package var seconds: Int64
    /// Nanoseconds within that second.
    package var nanoseconds: Int32

    /// The exit of a process whose VM was lost or killed: 128 + SIGKILL.
    package static let killedStatus: UInt32 = 137

    /// The exit of a process whose program could not be executed, as a shell has it.
    package static let notStartedStatus: UInt32 = 127

    /// An exit seen just now.
    package init(status: UInt32) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        self.status = status
        self.seconds = Int64(now.tv_sec)
        self.nanoseconds = Int32(truncatingIfNeeded: now.tv_nsec)
    }
}

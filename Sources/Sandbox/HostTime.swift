import Glibc

/// The host's clocks at one moment, in nanoseconds.
struct HostTime: Sendable, Equatable {
    /// Since the epoch, as somebody has set it.
    var wall: Int64
    /// Since some moment; goes on while the host is suspended.
    var boot: Int64
    /// Since some moment; stands still while the host is suspended.
    var running: Int64

    /// Now.
    static var now: HostTime {
        HostTime(wall: read(CLOCK_REALTIME), boot: read(CLOCK_BOOTTIME), running: read(CLOCK_MONOTONIC))
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

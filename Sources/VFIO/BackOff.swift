import Glibc

/// Pauses between attempts that double from 1 to 200 ms, until a deadline.
struct BackOff {
    private let deadline: ContinuousClock.Instant
    private var next = Duration.milliseconds(1)

    /// Ends after `limit`.
    init(_ limit: Duration) {
        deadline = .now + limit
    }

    /// Waits a while; false, at once, when the time is over.
    mutating func pause() -> Bool {
        let left = deadline - .now
        guard left > .zero else { return false }
        let length = min(next, left)
        next = min(next * 2, .milliseconds(200))
        usleep(useconds_t(max(1, length / .microseconds(1))))
        return true
    }
}

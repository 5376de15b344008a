/// How many events of a guest are told at once and in each second: one that makes them up costs no more than that.
struct EventPace {
    /// The most in one second.
    static let most = 20

    private var begin: ContinuousClock.Instant
    private var count = 0

    init(from now: ContinuousClock.Instant = .now) {
        begin = now
    }

    /// Counts one event.
    ///
    /// - Returns: how long to wait before the next is asked for.
    mutating func pause(at now: ContinuousClock.Instant = .now) -> Duration? {
        if now - begin >= .seconds(1) { (begin, count) = (now, 0) }
        count += 1
        return count < Self.most ? nil : .seconds(1) - (now - begin)
    }
}

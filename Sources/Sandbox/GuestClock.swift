/// Tells when the guest's clock can't be trusted any more: the guest was told the host's time once, and both have gone
/// on since, unless something stood still or somebody has set the host's clock.
///
/// Only differences of clocks are looked at: a step of the wall clock is noticed here and matters nowhere else.
struct GuestClock: Sendable {
    /// What the two may differ by before it is set right, in nanoseconds. Steps hurt programs too.
    private static let tolerance: Int64 = 250_000_000

    private var setAt: HostTime?
    private var setAtPauses: UInt64 = 0
    private var lastLook: HostTime?

    /// Whether the guest's clock may be wrong.
    ///
    /// - Parameters:
    ///   - now: the host's time.
    ///   - pauses: how often the machine has stood still so far.
    ///   - interval: the time in nanoseconds in which the next look was due; one that comes much later means that
    ///     this process stood still, and perhaps the machine with it.
    mutating func isDoubtful(at now: HostTime, pauses: UInt64, lookedEvery interval: Int64) -> Bool {
        defer { lastLook = now }
        guard let setAt, let lastLook else { return true }
        if pauses != setAtPauses { return true }
        if now.boot &- lastLook.boot > interval &+ 1_000_000_000 { return true }
        let stepped = (now.wall &- now.boot) &- (setAt.wall &- setAt.boot)
        let suspended = (now.boot &- now.running) &- (setAt.boot &- setAt.running)
        return stepped.magnitude > Self.tolerance || suspended.magnitude > Self.tolerance
    }

    /// Notes that the guest was told this time.
    mutating func wasSet(at time: HostTime, pauses: UInt64) {
        (setAt, setAtPauses, lastLook) = (time, pauses, time)
    }
}

import NIOCore

extension Duration {
    /// The whole nanoseconds, at least 0 and at most about 292 years: what the wire and NIO can hold.
    var clampedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return .max }
        let (sum, sumOverflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return sumOverflow ? .max : sum
    }
}

extension TimeAmount {
    init(_ duration: Duration) { self = .nanoseconds(duration.clampedNanoseconds) }
}

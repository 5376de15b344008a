import NIOCore

/// Counts the stream data of one connection that waits for its readers, and pauses reading the
/// connection while there is too much.
///
/// Everything here runs on the connection's event loop.
final class StreamBudget {
    private let eventLoop: any EventLoop
    private let limit: Int
    private let stallTimeout: TimeAmount
    private var queued = 0
    private var timer: Scheduled<Void>?
    private var streams: [ObjectIdentifier: InboundStream] = [:]

    /// Pauses or resumes reading; nil when the connection is closed.
    var setPaused: ((Bool) -> Void)?

    init(eventLoop: any EventLoop, limits: TTRPCLimits) {
        self.eventLoop = eventLoop
        limit = limits.maximumQueuedStreamBytes
        stallTimeout = TimeAmount(limits.streamStallTimeout)
    }

    /// Takes note of `bytes` more (or fewer) in the queue of `stream`.
    func add(_ bytes: Int, of stream: InboundStream) {
        queued += bytes
        streams[ObjectIdentifier(stream)] = stream.hasQueuedData ? stream : nil
        guard let setPaused else { return }
        setPaused(queued > limit)
        if queued > limit {
            if timer == nil { startTimer() }
        } else {
            timer?.cancel()
            timer = nil
        }
    }

    /// Lets go of everything when the connection closes.
    func invalidate() {
        timer?.cancel()
        timer = nil
        setPaused = nil
        streams = [:]
    }

    private func startTimer() {
        for stream in streams.values { stream.hasProgressed = false }
        timer = eventLoop.assumeIsolated().scheduleTask(in: stallTimeout) { [weak self] in self?.cutStalled()
        }
    }

    private func cutStalled() {
        timer = nil
        // All are looked at before any is ended, since that may start the next round.
        let stalled = streams.values.filter { !$0.hasProgressed }
        for stream in stalled { stream.stalled() }
        if queued > limit, timer == nil { startTimer() }
    }
}

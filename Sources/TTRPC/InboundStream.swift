import NIOCore
import SwiftProtobuf

/// The receiving half of a stream: a queue between the connection and one reader.
///
/// - Safety: unchecked because all state is touched on the event loop only.
final class InboundStream: @unchecked Sendable {
    /// What a queued message costs beyond its bytes.
    private static let messageOverhead = 64
    /// Bodies up to this size are copied into the queue: a slice would keep the whole buffer that
    /// was read, however small the message.
    private static let copyLimit = 4096

    private let eventLoop: any EventLoop
    private let budget: NIOLoopBound<StreamBudget>
    private var queue = CircularBuffer<ByteBuffer>()
    private var end: Result<Void, TTRPCError>?
    private var waiter: LoopWaiter<ByteBuffer?>?

    /// Whether the reader has taken anything since the last look of ``StreamBudget``.
    var hasProgressed = false
    /// Ends the stream because its reader does not read.
    var onStall: ((TTRPCError) -> Void)?
    /// Tells the connection that a message of the peer does not parse; nil where that is the
    /// handler's business.
    private let onMalformed: (@Sendable (TTRPCError) -> Void)?

    init(budget: StreamBudget, eventLoop: any EventLoop, onMalformed: (@Sendable (TTRPCError) -> Void)? = nil)
    {
        self.eventLoop = eventLoop
        self.budget = NIOLoopBound(budget, eventLoop: eventLoop)
        self.onMalformed = onMalformed
    }

    // MARK: The connection's side, on the loop

    var hasQueuedData: Bool { !queue.isEmpty }

    /// Hands a message to the reader, or queues it.
    func deliver(_ body: ByteBuffer) {
        guard end == nil else { return }
        if let waiter, !waiter.isDone {
            self.waiter = nil
            return waiter.resume(with: .success(body))
        }
        queue.append(body.readableBytes > Self.copyLimit ? body : ByteBuffer(bytes: body.readableBytesView))
        budget.value.add(body.readableBytes + Self.messageOverhead, of: self)
    }

    /// Ends the stream: after what is queued, or at once.
    func finish(_ result: Result<Void, TTRPCError>, droppingQueue: Bool = false) {
        if droppingQueue { dropQueue() }
        guard end == nil else { return }
        end = result
        waiter?.resume(with: result.map { nil })
        waiter = nil
    }

    /// Called when the connection has been held up by this stream for too long.
    func stalled() {
        let error = TTRPCError(
            .resourceExhausted, "the stream was ended: its messages were not read for too long")
        finish(.failure(error), droppingQueue: true)
        onStall?(error)
    }

    private func dropQueue() {
        guard !queue.isEmpty else { return }
        let bytes = queue.reduce(0) { $0 + $1.readableBytes + Self.messageOverhead }
        queue.removeAll()
        budget.value.add(-bytes, of: self)
    }

    // MARK: The reader's side, anywhere

    /// The next message; nil after the last.
    func next() async throws -> ByteBuffer? {
        if eventLoop.inEventLoop, !Task.isCancelled, let ready = takeReady() { return try ready.get() }
        return try await LoopWaiter.wait(on: eventLoop) { [self] waiter in
            if let ready = takeReady() { return waiter.resume(with: ready) }
            guard self.waiter?.isDone != false else {
                let reason = "can't read the stream: it is being read already"
                return waiter.resume(with: .failure(TTRPCError(.failedPrecondition, reason)))
            }
            self.waiter = waiter
        }
    }

    /// What can be read without waiting; nil if nothing can.
    func takeReady() -> Result<ByteBuffer?, TTRPCError>? {
        if let body = queue.popFirst() {
            hasProgressed = true
            budget.value.add(-(body.readableBytes + Self.messageOverhead), of: self)
            return .success(body)
        }
        return end.map { $0.map { nil } }
    }

    /// Parses a message.
    func decode<M: Message>(_ type: M.Type, _ body: ByteBuffer) throws -> M {
        guard let onMalformed else { return try PayloadBuffer(body).decodeRequest(type) }
        return try PayloadBuffer(body).decodeResponse(type, onMalformed: onMalformed)
    }
}

import NIOCore

/// What a connection does with its frames. All calls come on the event loop.
protocol FrameReceiver: AnyObject {
    /// Takes one frame.
    func received(_ frame: Frame) throws(ProtocolViolation)
    /// The connection is gone; called once, and nothing is called after it.
    func connectionClosed(_ reason: TTRPCError)
}

/// The end of a channel's pipeline: frames in, buffers out, each held back when there is too much.
///
/// Everything here runs on the channel's event loop.
final class FrameTransport: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private var decoder: FrameDecoder
    private var receiver: (any FrameReceiver)?
    private var waiting = CircularBuffer<(Bool) -> Void>()
    private var isFlushScheduled = false
    private var isTurnScheduled = false
    private var hasHeldRead = false

    /// How many frames are taken in one turn of the loop. Then what they started gets its turn, so
    /// that a burst of requests meets the limits that their answers run into.
    private static let framesPerTurn = 64

    /// Whether to stop reading while the peer does not read: a server's way to stop taking work. A
    /// client must go on, or two peers that wait for each other never end.
    private let pausesWhenUnwritable: Bool

    /// Why the connection is closed; nil while it is open.
    private(set) var closeReason: TTRPCError?

    /// Whether stream data has piled up, so that nothing more is read.
    var isHeldByStreams = false {
        didSet { if oldValue, !isHeldByStreams { scheduleTurn() } }
    }

    init(receiver: any FrameReceiver, maximumFrameLength: Int, pausesWhenUnwritable: Bool) {
        self.receiver = receiver
        self.pausesWhenUnwritable = pausesWhenUnwritable
        decoder = FrameDecoder(maximumLength: maximumFrameLength)
    }

    // MARK: Sending

    /// Whether a frame may be written now: the socket takes more and nobody waits in front.
    var isReady: Bool { closeReason == nil && waiting.isEmpty && context?.channel.isWritable == true }

    /// Writes one frame. Frames written in one turn of the loop go out in one system call.
    func write(_ buffer: ByteBuffer) {
        guard closeReason == nil, let context else { return }
        context.write(wrapOutboundOut(buffer), promise: nil)
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        context.eventLoop.assumeIsolated().execute { [self] in
            isFlushScheduled = false
            self.context?.flush()
        }
    }

    /// Runs `action` with true when a frame may be written (now, if it is so now; else in the order
    /// of the calls), or with false when the connection closes before that.
    func whenReady(_ action: @escaping (Bool) -> Void) {
        if closeReason != nil { return action(false) }
        if isReady { return action(true) }
        waiting.append(action)
    }

    // MARK: Closing

    /// Closes the connection at once and tells the receiver why.
    func close(_ reason: TTRPCError) {
        guard closeReason == nil else { return }
        context?.flush()
        finish(reason)
        context?.close(promise: nil)
    }

    /// Closes the connection when everything written has gone to the socket.
    func closeWhenSent(_ reason: TTRPCError) {
        guard closeReason == nil, let context else { return close(reason) }
        let transport = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            transport.value.close(reason)
        }
    }

    private func finish(_ reason: TTRPCError) {
        guard closeReason == nil else { return }
        closeReason = reason
        let receiver = receiver
        self.receiver = nil
        let waiting = waiting
        self.waiting = CircularBuffer()
        receiver?.connectionClosed(reason)
        for action in waiting { action(false) }
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(.connectionClosed)
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Answers that came before the end count; requests have nobody left to answer to.
        if !pausesWhenUnwritable { takeFrames(whatever: true) }
        finish(.connectionClosed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(TTRPCError(.unavailable, "the connection was closed: \(error)"))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard closeReason == nil else { return }
        decoder.append(unwrapInboundIn(data))
        if !isTurnScheduled { takeFrames() }
    }

    /// Hands frames to the receiver, as many as may be taken now.
    private func takeFrames(whatever: Bool = false) {
        var count = 0
        do throws(ProtocolViolation) {
            // The receiver may close the connection on its way.
            while closeReason == nil, whatever || !isHeld {
                guard whatever || count < Self.framesPerTurn else { return scheduleTurn() }
                guard let frame = try decoder.next() else { break }
                count += 1
                try receiver?.received(frame)
            }
        } catch {
            if pausesWhenUnwritable, let streamID = error.oversizedStream {
                write(
                    ResponseEnvelope.frame(error.error(.resourceExhausted), streamID: streamID, limit: 4096))
            }
            close(error.error(.unavailable))
        }
        releaseRead()
    }

    /// Takes the frames that are left, and then reads on, in another turn of the loop.
    private func scheduleTurn() {
        guard !isTurnScheduled, let context else { return }
        isTurnScheduled = true
        context.eventLoop.assumeIsolated().execute { [self] in
            isTurnScheduled = false
            takeFrames()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        while context.channel.isWritable, let action = waiting.popFirst() { action(true) }
        if context.channel.isWritable, hasHeldRead || decoder.bufferedBytes > 0 { scheduleTurn() }
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if isHeld || isTurnScheduled { hasHeldRead = true } else { context.read() }
    }

    private var isHeld: Bool {
        isHeldByStreams || (pausesWhenUnwritable && context?.channel.isWritable != true)
    }

    private func releaseRead() {
        guard hasHeldRead, !isHeld, !isTurnScheduled else { return }
        hasHeldRead = false
        context?.read()
    }
}

extension TTRPCError {
    static let connectionClosed = TTRPCError(.unavailable, "the connection is closed")
}

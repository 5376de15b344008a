package import NIOCore
import NIOPosix

/// Reads a pipe or FIFO in pieces, each only when it is asked for.
///
/// A FIFO that no writer has opened yet is silent, not at its end: the kernel reports the hang-up only after
/// a writer has come and gone.
package final class PipeReader: Sendable {
    private let channel: any Channel
    private let source: NIOLoopBound<PieceSource>

    private init(channel: any Channel, source: NIOLoopBound<PieceSource>) {
        self.channel = channel
        self.source = source
    }

    /// Takes over a descriptor that is open for reading.
    ///
    /// - Parameter maximumPiece: the most bytes that one piece holds.
    package static func open(
        _ descriptor: CInt, maximumPiece: Int, on loop: MainLoop
    ) async throws -> PipeReader {
        let source = try await loop.eventLoop.submit {
            NIOLoopBound(PieceSource(), eventLoop: loop.eventLoop)
        }.get()
        let channel = try await NIOPipeBootstrap(group: loop.eventLoop)
            .channelOption(.autoRead, value: false)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: maximumPiece))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(source.value)
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor).get()
        return PipeReader(channel: channel, source: source)
    }

    /// The next piece, or nil at the end of the stream.
    package func next() async throws -> ByteBuffer? {
        let (channel, source) = (channel, source)
        return try await channel.eventLoop.flatSubmit { source.value.next(from: channel) }.get()
    }

    /// Closes the descriptor; a waiting ``next()`` returns nil.
    package func close() {
        channel.close(promise: nil)
    }
}

/// Hands out what the channel has read, one piece for each request.
private final class PieceSource: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Pieces that came unasked: after a hang-up the channel empties the pipe, at most its capacity.
    private var pieces: [ByteBuffer] = []
    private var waiting: EventLoopPromise<ByteBuffer?>?
    private var ended = false

    func next(from channel: any Channel) -> EventLoopFuture<ByteBuffer?> {
        if !pieces.isEmpty {
            return channel.eventLoop.makeSucceededFuture(pieces.removeFirst())
        }
        if ended || !channel.isActive {
            return channel.eventLoop.makeSucceededFuture(nil)
        }
        let promise = channel.eventLoop.makePromise(of: ByteBuffer?.self)
        waiting?.succeed(nil)
        waiting = promise
        channel.read()
        return promise.futureResult
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let piece = unwrapInboundIn(data)
        if let promise = waiting {
            waiting = nil
            promise.succeed(piece)
        } else {
            pieces.append(piece)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended = true
        waiting?.succeed(nil)
        waiting = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

import NIOCore

/// Writes what one channel reads to another, and reads on when that has taken it; one's end is the other's.
final class ByteRelay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let target: any Channel
    /// Pieces that the target has not taken yet.
    private var pending = 0
    private var ended = false

    init(to target: any Channel) {
        self.target = target
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pending += 1
        let source = context.channel
        let relay = NIOLoopBound(self, eventLoop: context.eventLoop)
        target.writeAndFlush(unwrapInboundIn(data)).hop(to: context.eventLoop).whenComplete { result in
            relay.value.taken(result, from: source)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended = true
        if pending == 0 { target.close(promise: nil) }
        context.fireChannelInactive()
    }

    /// The terminal of a shell that has ended reads as an error.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func taken(_ result: Result<Void, any Error>, from source: any Channel) {
        pending -= 1
        if case .failure = result {
            source.close(promise: nil)
        } else if !ended {
            source.read()
        } else if pending == 0 {
            target.close(promise: nil)
        }
    }
}

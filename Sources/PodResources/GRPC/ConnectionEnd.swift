import NIOCore
import NIOHTTP2

/// The last handler of a connection: closes it when the server breaks HTTP/2, and keeps why it ended.
final class ConnectionEnd: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    /// Why, as far as it is known.
    private(set) var reason = PeerFailure("it closed the connection")

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Of the frames that belong to no call only the server's good-bye matters; its calls fail or end by themselves.
        guard case .goAway(_, let code, let text) = unwrapInboundIn(data).payload else { return }
        let words = quotable(text?.readableBytesView ?? ByteBufferView(), limit: 200)
        reason = PeerFailure(
            "it is going away (\(PeerFailure.name(code))\(words.isEmpty ? "" : ": \(words)"))")
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = PeerFailure(error)
        context.close(promise: nil)
    }
}

import NIOCore
import NIOHPACK
import NIOHTTP2

/// One unary call on an HTTP/2 stream of its own: sends the request, keeps the answer's one message, reads the status.
final class UnaryCall: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private let path: String
    private let request: [UInt8]
    private let answer: EventLoopPromise<CallAnswer>
    private var frame: MessageFrame
    private var hasHeaders = false

    /// - Parameters:
    ///   - path: `/<service>/<method>`.
    ///   - maximumLength: of the answer's message, in bytes.
    init(path: String, request: [UInt8], maximumLength: Int, answer: EventLoopPromise<CallAnswer>) {
        self.path = path
        self.request = request
        self.answer = answer
        frame = MessageFrame(maximumLength: maximumLength)
    }

    func channelActive(context: ChannelHandlerContext) {
        let headers: HPACKHeaders = [
            ":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost",
            "content-type": "application/grpc", "te": "trailers", "user-agent": "swiftlet",
        ]
        context.write(wrapOutboundOut(.headers(.init(headers: headers))), promise: nil)
        let body = HTTP2Frame.FramePayload.Data(
            data: .byteBuffer(MessageFrame.wrap(request)), endStream: true)
        context.writeAndFlush(wrapOutboundOut(.data(body)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(PeerFailure) {
            switch unwrapInboundIn(data) {
            case .headers(let headers): try take(headers)
            case .data(let data): try take(data)
            default: break
            }
        } catch {
            answer.fail(error)
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(PeerFailure(error))
        context.close(promise: nil)
    }

    private func take(_ block: HTTP2Frame.FramePayload.Headers) throws(PeerFailure) {
        if hasHeaders { return try end(block.headers) }
        guard let status = block.headers.first(name: ":status") else {
            throw PeerFailure("it answered without an HTTP status")
        }
        // Of an interim answer (100 to 199) nothing is used.
        if status.hasPrefix("1") { return }
        guard status == "200" else {
            throw PeerFailure("it answered with HTTP status \(quotable(status.utf8, limit: 20))")
        }
        let type = block.headers.first(name: "content-type") ?? ""
        guard ["application/grpc", "application/grpc+proto"].contains(type) else {
            throw PeerFailure(
                "it does not speak gRPC: its content type is '\(quotable(type.utf8, limit: 100))'")
        }
        hasHeaders = true
        if block.endStream { try end(block.headers) }
    }

    private func take(_ data: HTTP2Frame.FramePayload.Data) throws(PeerFailure) {
        guard case .byteBuffer(let piece) = data.data else { return }
        try frame.take(piece)
        if data.endStream { throw PeerFailure("it ended the call without a status") }
    }

    private func end(_ trailers: HPACKHeaders) throws(PeerFailure) {
        let status = try CallStatus(trailers)
        answer.succeed(status.code == 0 ? .message(try frame.whole()) : .refusal(status))
    }
}

import NIOCore
import RuntimeErrors

/// Asks the far end of a hybrid vsock socket for a guest port, then takes itself out of the pipeline.
///
/// The line `CONNECT <port>` is answered by `OK <host port>` once the guest has accepted; without a listener
/// in the guest the socket is just closed. A ttrpc server never speaks first, so nothing follows the line.
final class HybridHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// More than any answer needs; a peer that sends more without a line end is not one of ours.
    private static let longestAnswer = 64

    private let port: UInt32
    private let accepted: EventLoopPromise<Void>
    private var received = ByteBuffer()

    init(port: UInt32, accepted: EventLoopPromise<Void>) {
        self.port = port
        self.accepted = accepted
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "CONNECT \(port)\n")), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var piece = unwrapInboundIn(data)
        received.writeBuffer(&piece)
        guard let end = received.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else {
            if received.readableBytes > Self.longestAnswer { refuse(context, "it sent no line") }
            return
        }
        let length = end - received.readerIndex
        let line = received.readString(length: length) ?? ""
        received.moveReaderIndex(forwardBy: 1)
        guard line.hasPrefix("OK") else { return refuse(context, "it answered '\(line.prefix(40))'") }
        guard received.readableBytes == 0 else { return refuse(context, "it spoke before it was asked") }
        let accepted = accepted
        context.pipeline.syncOperations.removeHandler(self).whenComplete { _ in accepted.succeed() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        accepted.fail(
            RuntimeError(.unavailable, "can't connect to guest port \(port): nobody listens there yet"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        accepted.fail(error)
        context.close(promise: nil)
    }

    private func refuse(_ context: ChannelHandlerContext, _ reason: String) {
        accepted.fail(RuntimeError(.unavailable, "can't connect to guest port \(port): \(reason)"))
        context.close(promise: nil)
    }
}

import NIOCore

/// Hands the socket one small piece at a time: a guest's write of more than 32 KiB stalls a virtio vsock connection
/// for ever on some kernels (6.12 is one), and NIO gathers what waits into one large write.
final class BoundedWrites: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The most bytes of one write.
    static let maximumWrite = 32 * 1024

    private var queue: CircularBuffer<(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)> = []
    private var isWriting = false
    private var mayWrite = false

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        queue.append((unwrapOutboundIn(data), promise))
    }

    func flush(context: ChannelHandlerContext) {
        mayWrite = true
        pump(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(ChannelError.ioOnClosedChannel)
        context.fireChannelInactive()
    }

    private func pump(_ context: ChannelHandlerContext) {
        guard mayWrite, !isWriting, !queue.isEmpty else { return }
        let entry = queue.removeFirst()
        var bytes = entry.bytes
        let promise = entry.promise
        let size = min(bytes.readableBytes, Self.maximumWrite)
        guard let piece = bytes.readSlice(length: size) else { return }
        let isLast = bytes.readableBytes == 0
        if !isLast { queue.prepend((bytes, promise)) }
        isWriting = true
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(piece)).whenComplete { result in
            let (handler, context) = loopBound.value
            handler.isWriting = false
            switch result {
            case .success:
                if isLast { promise?.succeed() }
                handler.pump(context)
            case .failure(let error):
                if isLast { promise?.fail(error) }
                handler.fail(error)
            }
        }
    }

    private func fail(_ error: any Error) {
        while let entry = queue.popFirst() { entry.promise?.fail(error) }
    }
}

import Hypervisor
import Linux
import LoopSupport
import NIOCore
import NIOPosix

/// Reads a guest's console into its log and hands on its lines, no faster than a console deserves.
///
/// The guest decides how much it writes; what it writes beyond the rate stays in the socket, and QEMU drops
/// what does not fit there.
final class ConsoleReader: Sendable {
    /// Ends when QEMU's end is closed.
    var closed: EventLoopFuture<Void> { channel.closeFuture }

    private let channel: any Channel
    private let handler: NIOLoopBound<ConsoleHandler>

    private init(_ channel: any Channel, _ handler: NIOLoopBound<ConsoleHandler>) {
        self.channel = channel
        self.handler = handler
    }

    /// Takes over the shim's end of the console.
    static func open(
        _ socket: consuming OwnedDescriptor, log path: String, maximumBytes: Int, on loop: MainLoop,
        onLine: @escaping @Sendable (ConsoleLine) -> Void
    ) async throws -> ConsoleReader {
        let eventLoop = loop.eventLoop
        let handler = try await eventLoop.submit {
            let log = try ConsoleLog(path: path, maximumBytes: maximumBytes)
            return NIOLoopBound(ConsoleHandler(log, onLine), eventLoop: eventLoop)
        }.get()
        let channel = try await ClientBootstrap(group: eventLoop)
            .channelOption(.autoRead, value: false)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 16 * 1024))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
            .withConnectedSocket(socket.release()).get()
        return ConsoleReader(channel, handler)
    }

    /// The console's last bytes as text.
    func tail(_ bytes: Int) async -> String {
        let handler = handler
        return
            (try? await channel.eventLoop.submit {
                String(decoding: handler.value.log.tail(bytes), as: UTF8.self)
            }.get()) ?? ""
    }

    /// Reads the rest without regard to the rate: the writer has ended, so that the rest has an end.
    func drain() {
        let (channel, handler) = (channel, handler)
        channel.eventLoop.execute {
            handler.value.isDraining = true
            channel.read()
        }
    }

    /// Stops reading and puts the log in order.
    func finish() {
        let (channel, handler) = (channel, handler)
        channel.eventLoop.execute {
            handler.value.finish()
            channel.close(promise: nil)
        }
    }
}

private final class ConsoleHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// At most this many bytes are read in `window`: 1.25 MiB/s.
    private static let bytesPerWindow = 64 * 1024
    private static let window = TimeAmount.milliseconds(50)

    let log: ConsoleLog
    var isDraining = false
    private var lines = ConsoleLines()
    private let onLine: (ConsoleLine) -> Void
    private var windowStart = NIODeadline.distantPast
    private var inWindow = 0

    init(_ log: ConsoleLog, _ onLine: @escaping (ConsoleLine) -> Void) {
        self.log = log
        self.onLine = onLine
    }

    /// Puts the log in order and hands on the last line.
    func finish() {
        log.finish()
        lines.finish(onLine)
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        inWindow += bytes.readableBytes
        bytes.withUnsafeReadableBytes {
            log.append($0)
            lines.append($0, onLine)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        if now - windowStart >= Self.window {
            windowStart = now
            inWindow = 0
        }
        guard inWindow >= Self.bytesPerWindow, !isDraining else {
            context.read()
            return
        }
        let channel = context.channel
        channel.eventLoop.scheduleTask(in: Self.window) { channel.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

package import Linux
package import NIOCore
import NIOPosix

/// Reads a pipe to its end and keeps a bounded part of it.
package final class OutputCollector: Sendable {
    /// Ends when the pipe does.
    package var closed: EventLoopFuture<Void> { channel.closeFuture }

    private let channel: any Channel
    private let sink: NIOLoopBound<Sink>

    private init(_ channel: any Channel, _ sink: NIOLoopBound<Sink>) {
        self.channel = channel
        self.sink = sink
    }

    /// Takes over the reading end.
    package static func open(
        _ descriptor: consuming OwnedDescriptor, on loop: MainLoop
    ) async throws -> OutputCollector {
        let eventLoop = loop.eventLoop
        let sink = try await eventLoop.submit { NIOLoopBound(Sink(), eventLoop: eventLoop) }.get()
        let channel = try await NIOPipeBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(sink.value)
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor.release()).get()
        return OutputCollector(channel, sink)
    }

    /// What has come so far.
    package func text() async -> String {
        let sink = sink
        return (try? await channel.eventLoop.submit { sink.value.kept.text }.get()) ?? ""
    }

    /// Stops reading.
    package func close() {
        channel.close(promise: nil)
    }
}

private final class Sink: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    var kept = BoundedText(head: 4096, tail: 12 * 1024)

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        kept.append(unwrapInboundIn(data).readableBytesView)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

import Glibc
import Linux
import NIOCore
import NIOPosix

/// Calls `body` on the loop at each SIGTERM or SIGINT, which must be blocked in every thread.
package func watchTermination(on loop: MainLoop, _ body: @escaping @Sendable () -> Void) async throws {
    let descriptor = try signalDescriptor([SIGTERM, SIGINT]).release()
    _ = try await NIOPipeBootstrap(group: loop.eventLoop)
        .channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(TerminationHandler(body))
            }
        }
        .takingOwnershipOfDescriptor(input: descriptor).get()
}

private final class TerminationHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        body()
    }
}

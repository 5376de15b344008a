package import NIOCore
import NIOPosix

/// Writes to a pipe or FIFO; each write ends when the kernel has taken all of it.
package final class PipeWriter: Sendable {
    private let channel: any Channel

    private init(channel: any Channel) {
        self.channel = channel
    }

    /// Takes over a descriptor that is open for writing.
    package static func open(_ descriptor: CInt, on loop: MainLoop) async throws -> PipeWriter {
        let channel = try await NIOPipeBootstrap(group: loop.eventLoop)
            .takingOwnershipOfDescriptor(output: descriptor).get()
        return PipeWriter(channel: channel)
    }

    /// Writes `bytes`; suspends as long as the reader does not read.
    package func write(_ bytes: ByteBuffer) async throws {
        try await channel.writeAndFlush(bytes).get()
    }

    /// Closes the descriptor; a waiting ``write(_:)`` fails.
    package func close() {
        channel.close(promise: nil)
    }
}

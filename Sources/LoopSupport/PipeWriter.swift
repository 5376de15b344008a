import Glibc
package import NIOCore
import NIOPosix

/// Writes to a pipe or FIFO; each write ends when the kernel has taken all of it.
package final class PipeWriter: Sendable {
    private let channel: any Channel
    private let descriptor: CInt

    private init(channel: any Channel, descriptor: CInt) {
        self.channel = channel
        self.descriptor = descriptor
    }

    /// Takes over a descriptor that is open for writing.
    package static func open(_ descriptor: CInt, on loop: MainLoop) async throws -> PipeWriter {
        let channel = try await NIOPipeBootstrap(group: loop.eventLoop)
            .takingOwnershipOfDescriptor(output: descriptor).get()
        return PipeWriter(channel: channel, descriptor: descriptor)
    }

    /// Writes `bytes`; suspends as long as the reader does not read.
    package func write(_ bytes: ByteBuffer) async throws {
        try await channel.writeAndFlush(bytes).get()
    }

    /// How many bytes have been written, or wait to be, and not been read. It changes whenever the reader reads.
    package func unread() async -> Int {
        let (channel, descriptor) = (channel, descriptor)
        let future = channel.eventLoop.flatSubmit {
            // Once it is closed the number may be another file's.
            guard channel.isActive else { return channel.eventLoop.makeSucceededFuture(0) }
            let inPipe = Self.waiting(in: descriptor)
            return channel.getOption(.bufferedWritableBytes).map { $0 &+ inPipe }
        }
        return (try? await future.get()) ?? 0
    }

    private static func waiting(in pipe: CInt) -> Int {
        var count: CInt = 0
        return ioctl(pipe, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
    }

    /// Closes the descriptor; a waiting ``write(_:)`` fails.
    package func close() {
        channel.close(promise: nil)
    }
}

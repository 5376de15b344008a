import LoopSupport
import NIOCore

/// The reading end of one output stream of a process. The pipe itself is the buffer: what nobody has read stays in
/// it, and the writer waits when it is full.
actor Output {
    /// A power of two, so that a buffer holds exactly one piece, and as much as the pipe holds: a piece that is
    /// smaller has emptied it. ``BoundedWrites`` splits the frame around it.
    static let maximumPiece = 256 * 1024

    private let reader: PipeReader
    private var rest: ByteBuffer?

    init(_ reader: PipeReader) {
        self.reader = reader
    }

    /// The next bytes, at most `count`; nil at the end.
    func read(_ count: Int) async throws -> ByteBuffer? {
        var piece = rest
        rest = nil
        if piece == nil {
            piece = try await reader.next()
            // A caller that has gone must not take output with it.
            if Task.isCancelled {
                rest = piece
                throw CancellationError()
            }
        }
        guard var bytes = piece else { return nil }
        let slice = bytes.readSlice(length: min(max(count, 1), Self.maximumPiece, bytes.readableBytes))
        rest = bytes.readableBytes > 0 ? bytes : nil
        return slice
    }

    nonisolated func close() {
        reader.close()
    }
}

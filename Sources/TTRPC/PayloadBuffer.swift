import NIOCore
import SwiftProtobuf

/// A serialized message in a NIO buffer, so that SwiftProtobuf reads and writes it without a copy.
///
/// A buffer that SwiftProtobuf makes has room in front of the message, where the frame and envelope
/// around it are put afterwards.
struct PayloadBuffer: Sendable {
    /// Room for a frame header, the tags of an envelope and the names of a usual service and method.
    static let headroom = 128

    var buffer: ByteBuffer

    init(_ buffer: ByteBuffer) { self.buffer = buffer }

    /// Serializes `message`.
    init(encoding message: some Message) throws {
        do {
            self = try message.serializedBytes()
        } catch {
            throw TTRPCError(.internal, "can't encode a \(type(of: message).protoMessageName): \(error)")
        }
    }

    /// Moves the reader index `front` bytes to the front and makes room for `tail` bytes behind; the
    /// message stays where it is if the headroom suffices.
    ///
    /// - Returns: The index of the first byte in front.
    mutating func openFront(_ front: Int, tail: Int) -> Int {
        if buffer.readerIndex < front {
            var wider = ByteBufferAllocator().buffer(capacity: front + count + tail)
            wider.moveWriterIndex(to: front)
            wider.writeImmutableBuffer(buffer)
            buffer = wider
        } else {
            buffer.moveReaderIndex(to: buffer.readerIndex - front)
        }
        return buffer.readerIndex
    }

    /// Gives the buffer away, so that whoever has it writes to it without a copy.
    mutating func take() -> ByteBuffer {
        let taken = buffer
        buffer = ByteBuffer()
        return taken
    }

    /// Makes a data frame of the message.
    mutating func dataFrame(streamID: UInt32, flags: Frame.Flags) -> ByteBuffer {
        let length = count
        let start = openFront(Frame.headerLength, tail: 0)
        var writer = WireWriter(buffer: take(), index: start)
        writer.header(length: length, streamID: streamID, kind: .data, flags: flags)
        return writer.buffer
    }

    /// Parses a request: what does not parse is the caller's fault.
    func decodeRequest<M: Message>(_ type: M.Type) throws -> M {
        do {
            return try M(serializedBytes: self)
        } catch {
            throw TTRPCError(.invalidArgument, "can't decode a \(M.protoMessageName): \(error)")
        }
    }

    /// Parses a response: a peer that sends what does not parse can't be trusted further.
    func decodeResponse<M: Message>(
        _ type: M.Type, onMalformed: (TTRPCError) -> Void
    ) throws -> M {
        do {
            return try M(serializedBytes: self)
        } catch {
            let error = TTRPCError(.internal, "can't decode a \(M.protoMessageName) of the peer: \(error)")
            onMalformed(error)
            throw error
        }
    }
}

extension PayloadBuffer: SwiftProtobufContiguousBytes {
    init(repeating byte: UInt8, count: Int) {
        buffer = ByteBufferAllocator().buffer(capacity: Self.headroom + count)
        buffer.moveWriterIndex(to: Self.headroom)
        buffer.moveReaderIndex(to: Self.headroom)
        buffer.writeRepeatingByte(byte, count: count)
    }

    init<S: Sequence>(_ sequence: S) where S.Element == UInt8 {
        buffer = ByteBuffer(bytes: sequence)
    }

    var count: Int { buffer.readableBytes }

    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try buffer.withUnsafeReadableBytes(body)
    }

    mutating func withUnsafeMutableBytes<R>(
        _ body: (UnsafeMutableRawBufferPointer) throws -> R
    ) rethrows -> R {
        try buffer.withUnsafeMutableReadableBytes(body)
    }
}

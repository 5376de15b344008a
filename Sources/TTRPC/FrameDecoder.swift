import NIOCore

/// Cuts a byte stream into frames.
///
/// A header is judged as soon as it is complete, so what is too long or unknown is never buffered:
/// the decoder holds at most one frame and what one read brought.
struct FrameDecoder {
    private let maximumLength: Int
    private var pending = ByteBuffer()
    /// Whether `pending` is a buffer of the decoder's own. Otherwise it is the last chunk as it
    /// came, and the bodies cut from it share its storage.
    private var ownsPending = false

    init(maximumLength: Int) { self.maximumLength = maximumLength }

    /// Bytes held back until their frame is complete.
    var bufferedBytes: Int { pending.readableBytes }

    /// Takes what was read.
    mutating func append(_ chunk: ByteBuffer) {
        if pending.readableBytes == 0 {
            pending = chunk
            ownsPending = false
            return
        }
        if !ownsPending {
            var own = ByteBuffer()
            own.reserveCapacity(minimumWritableBytes: pending.readableBytes + chunk.readableBytes)
            own.writeImmutableBuffer(pending)
            pending = own
            ownsPending = true
        }
        pending.writeImmutableBuffer(chunk)
    }

    /// The next complete frame; nil until more is read. After it has thrown it must not be used.
    mutating func next() throws(ProtocolViolation) -> Frame? {
        let start = pending.readerIndex
        guard let length = pending.getInteger(at: start, as: UInt32.self),
            let streamID = pending.getInteger(at: start + 4, as: UInt32.self),
            let type = pending.getInteger(at: start + 8, as: UInt8.self),
            let flags = pending.getInteger(at: start + 9, as: UInt8.self)
        else {
            return nil
        }
        guard let kind = Frame.Kind(rawValue: type) else {
            throw ProtocolViolation("a frame of unknown type \(type)")
        }
        guard streamID != 0 else { throw ProtocolViolation("a frame of stream 0") }
        guard length <= maximumLength else {
            throw ProtocolViolation(
                "a frame of \(length) bytes, \(maximumLength) are allowed", oversizedStream: streamID)
        }
        guard pending.readableBytes >= Frame.headerLength + Int(length) else { return nil }
        pending.moveReaderIndex(forwardBy: Frame.headerLength)
        guard let body = pending.readSlice(length: Int(length)) else { return nil }
        if pending.readableBytes == 0 {
            // The bodies alone keep the storage now, and it goes with them.
            pending = ByteBuffer()
            ownsPending = false
        }
        return Frame(streamID: streamID, kind: kind, flags: Frame.Flags(rawValue: flags), body: body)
    }
}

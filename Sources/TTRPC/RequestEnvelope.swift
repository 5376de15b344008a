import NIOCore

/// `ttrpc.Request`: what a call says of itself, around the serialized request.
struct RequestEnvelope: Equatable {
    var service = ""
    var method = ""
    var timeoutNanoseconds: Int64 = 0
    var metadata = CallMetadata()

    /// Parses an envelope; the payload is a slice of `body`, nil if the field is absent.
    static func decode(
        _ body: ByteBuffer, maximumEntries: Int
    ) throws(ProtocolViolation) -> (RequestEnvelope, payload: ByteBuffer?) {
        var envelope = RequestEnvelope()
        var payload: ByteBuffer?
        var reader = WireReader(body)
        while let (field, value) = try reader.next() {
            switch field {
            case 1: envelope.service = try value.string("a service name")
            case 2: envelope.method = try value.string("a method name")
            case 3: payload = try value.bytes("a payload")
            case 4: envelope.timeoutNanoseconds = Int64(bitPattern: try value.number("a timeout"))
            case 5:
                guard envelope.metadata.entries.count < maximumEntries else {
                    throw ProtocolViolation("a request with more than \(maximumEntries) metadata entries")
                }
                try envelope.metadata.appendDecoding(value.bytes("metadata"))
            default: break
            }
        }
        return (envelope, payload)
    }

    /// Makes a request frame of a serialized message, in whose headroom it writes what comes first.
    ///
    /// - Throws: ``TTRPCError`` with resource exhausted if the frame is longer than `limit`.
    func frame(
        _ payload: inout PayloadBuffer, streamID: UInt32, flags: Frame.Flags, limit: Int
    ) throws(TTRPCError) -> ByteBuffer {
        let timeout = UInt64(bitPattern: timeoutNanoseconds)
        let head =
            WireWriter.fieldLength(service.utf8.count) + WireWriter.fieldLength(method.utf8.count)
            + WireWriter.fieldLength(payload.count) - payload.count
        let tail =
            WireWriter.numberLength(timeout)
            + metadata.entries.reduce(0) { $0 + max(2, WireWriter.fieldLength($1.encodedLength)) }
        let length = head + payload.count + tail
        guard length <= limit else {
            throw TTRPCError(
                .resourceExhausted,
                "can't send a request of \(length) bytes to \(service)/\(method): \(limit) are allowed")
        }
        let start = payload.openFront(Frame.headerLength + head, tail: tail)
        var writer = WireWriter(buffer: payload.take(), index: start)
        writer.header(length: length, streamID: streamID, kind: .request, flags: flags)
        writer.string(1, service)
        writer.string(2, method)
        writer.prefix(3, count: length - head - tail)
        writer.index = start + Frame.headerLength + length - tail
        writer.number(4, timeout)
        for entry in metadata.entries { entry.write(to: &writer) }
        writer.buffer.moveWriterIndex(to: writer.index)
        return writer.buffer
    }
}

extension CallMetadata.Entry {
    /// The size of `ttrpc.KeyValue`.
    var encodedLength: Int {
        WireWriter.fieldLength(key.utf8.count) + WireWriter.fieldLength(value.utf8.count)
    }

    func write(to writer: inout WireWriter) {
        if encodedLength == 0 {
            // An entry of a repeated field is written even when it is empty.
            writer.index += writer.buffer.setInteger(UInt16(0x2a00), at: writer.index)
        }
        writer.prefix(5, count: encodedLength)
        writer.string(1, key)
        writer.string(2, value)
    }
}

extension CallMetadata {
    /// Adds one `ttrpc.KeyValue`.
    mutating func appendDecoding(_ bytes: ByteBuffer) throws(ProtocolViolation) {
        var key = ""
        var text = ""
        var reader = WireReader(bytes)
        while let (field, value) = try reader.next() {
            switch field {
            case 1: key = try value.string("a metadata key")
            case 2: text = try value.string("a metadata value")
            default: break
            }
        }
        append(key, text)
    }
}

import NIOCore
import SwiftProtobuf

/// `ttrpc.Response`: a status, or the serialized response.
struct ResponseEnvelope {
    /// Parses an envelope: the payload as a slice of `body` (empty if the field is absent), or the
    /// error that the status stands for.
    static func decode(
        _ body: ByteBuffer, maximumEntries: Int
    ) throws(ProtocolViolation) -> Result<ByteBuffer, TTRPCError> {
        var status: TTRPCError?
        var payload = ByteBuffer()
        var reader = WireReader(body)
        while let (field, value) = try reader.next() {
            switch field {
            case 1: status = try TTRPCError(decoding: value.bytes("a status"), maximumEntries: maximumEntries)
            case 2: payload = try value.bytes("a payload")
            default: break
            }
        }
        if let status, status.code != .ok { return .failure(status) }
        return .success(payload)
    }

    /// Makes a response frame of a serialized message, or of an error if it is longer than `limit`.
    static func frame(_ payload: inout PayloadBuffer, streamID: UInt32, limit: Int) -> ByteBuffer {
        let count = payload.count
        let length = WireWriter.fieldLength(count)
        guard length <= limit else {
            let reason = "can't send a response of \(length) bytes: \(limit) are allowed"
            return frame(TTRPCError(.resourceExhausted, reason), streamID: streamID, limit: limit)
        }
        let start = payload.openFront(Frame.headerLength + length - count, tail: 0)
        var writer = WireWriter(buffer: payload.take(), index: start)
        writer.header(length: length, streamID: streamID, kind: .response, flags: [])
        writer.prefix(2, count: count)
        return writer.buffer
    }

    /// Makes a response frame of an error. One that is longer than `limit` loses its details and
    /// the end of its message.
    static func frame(_ error: TTRPCError, streamID: UInt32, limit: Int) -> ByteBuffer {
        var status = error.encodedStatus()
        if WireWriter.fieldLength(status.readableBytes) > limit {
            // A code, two tags and three lengths take less than 24 bytes.
            let message = String(decoding: error.message.utf8.prefix(max(0, limit - 24) / 4), as: UTF8.self)
            status = TTRPCError(error.code, message).encodedStatus()
        }
        let length = WireWriter.fieldLength(status.readableBytes)
        let buffer = ByteBufferAllocator().buffer(capacity: Frame.headerLength + length)
        var writer = WireWriter(buffer: buffer, index: 0)
        writer.header(length: length, streamID: streamID, kind: .response, flags: [])
        writer.bytes(1, status)
        writer.buffer.moveWriterIndex(to: writer.index)
        return writer.buffer
    }
}

extension TTRPCError {
    /// Parses `google.rpc.Status`.
    init(decoding bytes: ByteBuffer, maximumEntries: Int) throws(ProtocolViolation) {
        self.init(.ok, "")
        var reader = WireReader(bytes)
        while let (field, value) = try reader.next() {
            switch field {
            case 1: code = Code(rawValue: Int32(truncatingIfNeeded: try value.number("a status code")))
            case 2: message = try value.string("a status message")
            case 3:
                guard details.count < maximumEntries else {
                    throw ProtocolViolation("a status with more than \(maximumEntries) details")
                }
                let bytes = PayloadBuffer(try value.bytes("a status detail"))
                guard let detail = try? Google_Protobuf_Any(serializedBytes: bytes) else {
                    throw ProtocolViolation("a status detail that is malformed")
                }
                details.append(detail)
            default: break
            }
        }
    }

    /// `google.rpc.Status`, serialized. The code ok would mean success, so it becomes unknown;
    /// details that do not serialize are left out.
    func encodedStatus() -> ByteBuffer {
        let code = code == .ok ? Code.unknown : code
        // A negative int32 is a 64-bit number on the wire.
        let number = UInt64(bitPattern: Int64(code.rawValue))
        let details = details.compactMap { try? PayloadBuffer(encoding: $0).buffer }
        var writer = WireWriter(buffer: ByteBuffer(), index: 0)
        writer.number(1, number)
        writer.string(2, message)
        for detail in details { writer.bytes(3, detail) }
        writer.buffer.moveWriterIndex(to: writer.index)
        return writer.buffer
    }
}

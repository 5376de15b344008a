import NIOCore

/// Walks the fields of a protobuf message without copying its bytes.
///
/// Only the three envelopes of ttrpc are read with it: the payloads inside them stay slices until
/// their message type is known. Groups, which none of them has, count as malformed.
struct WireReader {
    private var buffer: ByteBuffer

    init(_ buffer: ByteBuffer) { self.buffer = buffer }

    /// The value of a field.
    enum Value {
        case varint(UInt64)
        case bytes(ByteBuffer)
        case fixed
    }

    /// The next field; nil at the end.
    mutating func next() throws(ProtocolViolation) -> (field: UInt64, value: Value)? {
        guard buffer.readableBytes > 0 else { return nil }
        let tag = try varint()
        guard (1...0x1fff_ffff).contains(tag >> 3) else {
            throw ProtocolViolation("a message with field number \(tag >> 3)")
        }
        switch tag & 7 {
        case 0: return (tag >> 3, .varint(try varint()))
        case 1: return (tag >> 3, try skip(8))
        case 2:
            let length = try varint()
            guard length <= UInt64(buffer.readableBytes), let bytes = buffer.readSlice(length: Int(length))
            else { throw ProtocolViolation("a message that ends inside field \(tag >> 3)") }
            return (tag >> 3, .bytes(bytes))
        case 5: return (tag >> 3, try skip(4))
        default: throw ProtocolViolation("a message with wire type \(tag & 7)")
        }
    }

    private mutating func skip(_ count: Int) throws(ProtocolViolation) -> Value {
        guard buffer.readSlice(length: count) != nil else {
            throw ProtocolViolation("a message that ends inside a number")
        }
        return .fixed
    }

    private mutating func varint() throws(ProtocolViolation) -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = buffer.readInteger(as: UInt8.self) {
            guard shift < 63 || byte <= 1 else { break }
            result |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return result }
            shift += 7
        }
        throw ProtocolViolation("a message with a number that does not end")
    }
}

extension WireReader.Value {
    func number(_ field: String) throws(ProtocolViolation) -> UInt64 {
        guard case .varint(let number) = self else { throw ProtocolViolation("\(field) of the wrong type") }
        return number
    }

    func bytes(_ field: String) throws(ProtocolViolation) -> ByteBuffer {
        guard case .bytes(let bytes) = self else { throw ProtocolViolation("\(field) of the wrong type") }
        return bytes
    }

    func string(_ field: String) throws(ProtocolViolation) -> String {
        let bytes = try bytes(field)
        guard let string = String(validating: bytes.readableBytesView, as: UTF8.self) else {
            throw ProtocolViolation("\(field) that is not UTF-8")
        }
        return string
    }
}

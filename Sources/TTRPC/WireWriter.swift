import NIOCore

/// Sizes and writes of protobuf fields, in place: at an index in front of a payload, or at the end.
///
/// Fields whose value is the default are left out, as proto3 wants it.
struct WireWriter {
    var buffer: ByteBuffer
    var index: Int

    static func varintLength(_ value: UInt64) -> Int {
        (64 - (value | 1).leadingZeroBitCount + 6) / 7
    }

    /// The size of a string, bytes or message field of at most 2³¹ bytes with a number below 16.
    static func fieldLength(_ count: Int) -> Int {
        count == 0 ? 0 : 1 + varintLength(UInt64(count)) + count
    }

    mutating func header(length: Int, streamID: UInt32, kind: Frame.Kind, flags: Frame.Flags) {
        index += buffer.setInteger(UInt32(truncatingIfNeeded: length), at: index)
        index += buffer.setInteger(streamID, at: index)
        index += buffer.setInteger(kind.rawValue, at: index)
        index += buffer.setInteger(flags.rawValue, at: index)
    }

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            index += buffer.setInteger(UInt8(truncatingIfNeeded: rest) | 0x80, at: index)
            rest >>= 7
        }
        index += buffer.setInteger(UInt8(truncatingIfNeeded: rest), at: index)
    }

    /// The tag and length of a field of `count` bytes, which the caller writes next.
    mutating func prefix(_ field: UInt8, count: Int) {
        guard count > 0 else { return }
        index += buffer.setInteger(field << 3 | 2, at: index)
        varint(UInt64(count))
    }

    mutating func string(_ field: UInt8, _ value: String) {
        prefix(field, count: value.utf8.count)
        index += buffer.setString(value, at: index)
    }

    mutating func bytes(_ field: UInt8, _ value: ByteBuffer) {
        prefix(field, count: value.readableBytes)
        index += buffer.setBuffer(value, at: index)
    }

    mutating func number(_ field: UInt8, _ value: UInt64) {
        guard value != 0 else { return }
        index += buffer.setInteger(field << 3, at: index)
        varint(value)
    }

    static func numberLength(_ value: UInt64) -> Int { value == 0 ? 0 : 1 + varintLength(value) }
}

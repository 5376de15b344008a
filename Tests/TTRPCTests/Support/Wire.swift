/// Protobuf by hand: just enough to write what a peer could send.
enum Wire {
    static func varint(_ value: UInt64) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7f) | 0x80] + varint(value >> 7)
    }

    static func bytes(_ field: UInt8, _ value: [UInt8]) -> [UInt8] {
        [field << 3 | 2] + varint(UInt64(value.count)) + value
    }

    static func string(_ field: UInt8, _ value: String) -> [UInt8] { bytes(field, Array(value.utf8)) }

    static func number(_ field: UInt8, _ value: UInt64) -> [UInt8] { [field << 3] + varint(value) }

    static func request(
        _ service: String, _ method: String, payload: [UInt8]? = nil, timeout: UInt64? = nil,
        metadata: [(String, String)] = []
    ) -> [UInt8] {
        string(1, service) + string(2, method) + (payload.map { bytes(3, $0) } ?? [])
            + (timeout.map { number(4, $0) } ?? [])
            + metadata.flatMap { bytes(5, string(1, $0.0) + string(2, $0.1)) }
    }

    static func status(_ code: UInt64, _ message: String) -> [UInt8] {
        bytes(1, number(1, code) + string(2, message))
    }
}

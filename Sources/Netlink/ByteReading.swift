/// Integers in the machine's byte order, as netlink has them, at offsets that may be anywhere.
extension ArraySlice<UInt8> {
    /// The integer `offset` bytes after the start; nil if it is not wholly there.
    func integer<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type = Value.self) -> Value? {
        guard let bytes = piece(at: offset, count: MemoryLayout<Value>.size) else { return nil }
        var value = Value.zero
        Swift.withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: bytes) }
        return value
    }

    /// `count` bytes from `offset` bytes after the start; nil if they are not wholly there.
    func piece(at offset: Int, count: Int) -> ArraySlice<UInt8>? {
        guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset else { return nil }
        return self[(startIndex + offset)..<(startIndex + offset + count)]
    }

    /// What stands before the first NUL, or all.
    var text: String {
        String(decoding: prefix { $0 != 0 }, as: UTF8.self)
    }
}

extension [UInt8] {
    mutating func append(integer value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value) { append(contentsOf: $0) }
    }

    /// Fills up to the next multiple of four, where everything in netlink starts.
    mutating func align() {
        while count % 4 != 0 { append(0) }
    }
}

/// What the fuzzer hands over, taken apart from the front: a few choices first, the rest is the text under test.
package struct FuzzInput {
    private var rest: ArraySlice<UInt8>

    package init(_ start: UnsafePointer<UInt8>?, _ count: Int) {
        rest = ArraySlice(UnsafeBufferPointer(start: start, count: count))
    }

    /// The next byte; 0 at the end.
    package mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// All that is left.
    package mutating func bytes() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }

    /// What is left, cut as a stream may be cut on its way: in pieces of `size` bytes; in one if that is 0.
    package mutating func pieces(of size: UInt8) -> [[UInt8]] {
        var rest = bytes()[...]
        guard size > 0 else { return [Array(rest)] }
        var pieces: [[UInt8]] = []
        while !rest.isEmpty {
            pieces.append(Array(rest.prefix(Int(size))))
            rest = rest.dropFirst(Int(size))
        }
        return pieces
    }
}

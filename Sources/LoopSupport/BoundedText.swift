/// The first and the last bytes of a text of any length.
package struct BoundedText: Sendable {
    /// How many of the first bytes are kept.
    package let headLimit: Int
    /// How many of the last bytes are kept, beyond the first.
    package let tailLimit: Int

    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    private var leftOut = 0

    /// Starts empty.
    package init(head: Int, tail: Int) {
        headLimit = head
        tailLimit = tail
    }

    /// Adds bytes at the end.
    package mutating func append(_ bytes: some Collection<UInt8>) {
        let room = headLimit - head.count
        head.append(contentsOf: bytes.prefix(room))
        let rest = bytes.dropFirst(room)
        guard !rest.isEmpty else { return }
        tail.append(contentsOf: rest.suffix(tailLimit))
        leftOut += rest.count - min(rest.count, tailLimit)
        let excess = tail.count - tailLimit
        // Cut in large steps: each cut moves what is left.
        if excess > tailLimit { trim() }
    }

    /// The text, with a word about what is missing in between; bytes that are no UTF-8 are replaced.
    package var text: String {
        var copy = self
        copy.trim()
        let gap = copy.leftOut > 0 ? "\n… \(copy.leftOut) bytes left out …\n" : ""
        return String(decoding: copy.head, as: UTF8.self) + gap + String(decoding: copy.tail, as: UTF8.self)
    }

    private mutating func trim() {
        let excess = tail.count - tailLimit
        guard excess > 0 else { return }
        tail.removeFirst(excess)
        leftOut += excess
    }
}

import Hypervisor

/// Splits a guest's console into lines of bounded length.
struct ConsoleLines {
    private var line: [UInt8] = []
    private var leftOut = 0

    /// Takes the next bytes and hands on each line that ends in them; empty lines are nobody's business.
    mutating func append(_ bytes: UnsafeRawBufferPointer, _ onLine: (ConsoleLine) -> Void) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            keep(rest[..<end])
            finish(onLine)
            rest = rest[rest.index(after: end)...]
        }
        keep(rest)
    }

    /// Hands on the last line, which nothing ended.
    mutating func finish(_ onLine: (ConsoleLine) -> Void) {
        // The terminal's line end is CR LF.
        while line.last == UInt8(ascii: "\r") { line.removeLast() }
        if !line.isEmpty {
            onLine(ConsoleLine(text: String(decoding: line, as: UTF8.self), bytesLeftOut: leftOut))
        }
        line.removeAll(keepingCapacity: true)
        leftOut = 0
    }

    private mutating func keep(_ bytes: Slice<UnsafeRawBufferPointer>) {
        let kept = bytes.prefix(ConsoleLine.longest - line.count)
        line.append(contentsOf: kept)
        leftOut += bytes.count - kept.count
    }
}

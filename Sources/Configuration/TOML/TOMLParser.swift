/// Reads TOML 1.0.
///
/// A reader of our own, because the runtime must answer a broken file with a sentence: the C++ library
/// behind the Swift package ends the process on some texts (an assertion that malformed keys can reach),
/// stops at the first NUL, and keeps no lines. Dates and times are recognised and have no value, since no
/// key takes one.
struct TOMLParser {
    /// Parts of a key. No key has more, and tables cannot nest deeper than keys and values let them.
    static let mostParts = 8
    /// Lists and inline tables inside one another.
    static let deepest = 16

    let bytes: [UInt8]
    var position = 0
    var line = 1

    private init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// The table that a text amounts to.
    static func parse(_ text: String) throws(TOMLSyntaxError) -> TOMLTable {
        var parser = TOMLParser(text)
        let root = TOMLTable(.header)
        var table = root
        while true {
            try parser.skipBlankLines()
            guard let byte = parser.current else { return root }
            if byte == UInt8(ascii: "[") {
                table = try parser.header(root)
            } else {
                try parser.keyAndValue(table, depth: 0)
            }
            try parser.endOfLine()
        }
    }

    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    func failure(_ reason: String) -> TOMLSyntaxError {
        TOMLSyntaxError(line: line, reason: reason)
    }

    mutating func skip() {
        guard position < bytes.count else { return }
        if current == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }

    /// Skips `byte` if it is next.
    mutating func take(_ byte: Character) -> Bool {
        guard let value = byte.asciiValue, current == value else { return false }
        skip()
        return true
    }

    mutating func expect(_ byte: Character) throws(TOMLSyntaxError) {
        guard take(byte) else { throw failure("'\(byte)' is missing") }
    }

    mutating func skipSpaces() {
        while current == UInt8(ascii: " ") || current == UInt8(ascii: "\t") { skip() }
    }

    /// Spaces, ends of lines and comments.
    mutating func skipBlankLines() throws(TOMLSyntaxError) {
        while true {
            skipSpaces()
            if current == UInt8(ascii: "#") { try skipComment() }
            guard try takeNewline() else { return }
        }
    }

    private mutating func skipComment() throws(TOMLSyntaxError) {
        while let byte = current, byte != UInt8(ascii: "\n"), !isCarriageReturn {
            try checkCharacter(byte)
            skip()
        }
    }

    /// Whether the next two bytes are CR and LF.
    var isCarriageReturn: Bool {
        current == UInt8(ascii: "\r") && position + 1 < bytes.count
            && bytes[position + 1] == UInt8(ascii: "\n")
    }

    mutating func takeNewline() throws(TOMLSyntaxError) -> Bool {
        if isCarriageReturn { skip() }
        return take("\n")
    }

    /// No control characters but tabs may stand in comments and strings.
    func checkCharacter(_ byte: UInt8) throws(TOMLSyntaxError) {
        guard byte >= 0x20 && byte != 0x7F || byte == UInt8(ascii: "\t") else {
            throw failure("there is a control character")
        }
    }

    private mutating func endOfLine() throws(TOMLSyntaxError) {
        skipSpaces()
        if current == UInt8(ascii: "#") { try skipComment() }
        guard try takeNewline() || current == nil else {
            throw failure("there is more behind the end of a value or header")
        }
    }

    private mutating func header(_ root: TOMLTable) throws(TOMLSyntaxError) -> TOMLTable {
        try expect("[")
        let isList = take("[")
        let parts = try key()
        try expect("]")
        if isList { try expect("]") }
        var table = root
        for part in parts.dropLast() { table = try table.descend(header: part, line: line) }
        guard let name = parts.last else { return table }
        return isList ? try table.append(name, line: line) : try table.open(name, line: line)
    }

    /// `key = value` into a table.
    mutating func keyAndValue(_ table: TOMLTable, depth: Int) throws(TOMLSyntaxError) {
        let start = line
        let parts = try key()
        try expect("=")
        skipSpaces()
        let value = try value(depth: depth)
        var table = table
        for part in parts.dropLast() { table = try table.descend(dotted: part, line: start) }
        guard let name = parts.last else { return }
        try table.set(name, value, line: start)
    }

    /// The parts of a key, and the spaces around it.
    private mutating func key() throws(TOMLSyntaxError) -> [String] {
        var parts: [String] = []
        repeat {
            skipSpaces()
            guard parts.count < Self.mostParts else {
                throw failure("a key has more than \(Self.mostParts) parts")
            }
            switch current {
            case UInt8(ascii: "\""): parts.append(try basicString())
            case UInt8(ascii: "'"): parts.append(try literalString())
            default: parts.append(try bareKey())
            }
            skipSpaces()
        } while take(".")
        return parts
    }

    private mutating func bareKey() throws(TOMLSyntaxError) -> String {
        let start = position
        while let byte = current, Self.isBare(byte) { skip() }
        guard position > start else { throw failure("a key is missing") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default:
            false
        }
    }
}

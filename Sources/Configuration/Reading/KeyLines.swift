/// On which line each key and section of a TOML text stands.
///
/// The TOML library knows lines only for errors of syntax. This scan knows just enough of the grammar to
/// find the keys: headers, dotted and quoted keys, and where a value ends. On a text that is not TOML it
/// may find nonsense, and the library then refuses the text.
struct KeyLines {
    /// More parts than any key has; deeper ones are refused before the library, which recurses, sees them.
    static let deepest = 8

    /// The first key with too many parts, by its line.
    private(set) var tooDeep: Int?
    private var lines: [[String]: Int] = [:]
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1

    init(_ text: String) {
        bytes = Array(text.utf8)
        scan()
    }

    /// The line of a key or section, by its whole path.
    subscript(path: [String]) -> Int? { lines[path] }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func scan() {
        var section: [String] = []
        while let byte = current {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
                advance()
            case UInt8(ascii: "#"):
                skipLine()
            case UInt8(ascii: "["):
                while current == UInt8(ascii: "[") { advance() }
                section = dottedKey()
                note(section)
                skipLine()
            default:
                let key = dottedKey()
                note(section + key)
                if current == UInt8(ascii: "=") { advance() }
                skipValue()
            }
        }
    }

    private mutating func note(_ path: [String]) {
        if path.count > Self.deepest { tooDeep = tooDeep ?? line }
        if lines[path] == nil { lines[path] = line }
    }

    private mutating func advance() {
        if current == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }

    private mutating func skipLine() {
        while let byte = current, byte != UInt8(ascii: "\n") { advance() }
    }

    /// The parts of a key up to `=`, `]` or the end of the line.
    private mutating func dottedKey() -> [String] {
        var parts: [String] = []
        var part: [UInt8] = []
        while let byte = current {
            switch byte {
            case UInt8(ascii: "="), UInt8(ascii: "]"), UInt8(ascii: "\n"), UInt8(ascii: "#"):
                return parts + [String(decoding: part, as: UTF8.self)]
            case UInt8(ascii: "."):
                // The parts beyond the limit do not matter: there are too many.
                if parts.count <= Self.deepest { parts.append(String(decoding: part, as: UTF8.self)) }
                part = []
                advance()
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                let start = position + 1
                skipString()
                if start < position { part = Array(bytes[start..<(position - 1)]) }
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                advance()
            default:
                part.append(byte)
                advance()
            }
        }
        return parts + [String(decoding: part, as: UTF8.self)]
    }

    /// A value ends at the end of a line on which no bracket and no string is open.
    private mutating func skipValue() {
        var depth = 0
        while let byte = current {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "#"):
                skipLine()
                continue
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                skipString()
                continue
            case UInt8(ascii: "\n") where depth <= 0:
                return advance()
            default: break
            }
            advance()
        }
    }

    /// A string of one of the four kinds, from its first quote to behind its last.
    private mutating func skipString() {
        guard let quote = current else { return }
        let isLong = startsThree(quote)
        for _ in 0..<(isLong ? 3 : 1) { advance() }
        while let byte = current {
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                advance()
                advance()
            } else if isLong, startsThree(quote) {
                for _ in 0..<3 { advance() }
                // Up to two more quotes may belong to the string's end.
                while current == quote { advance() }
                return
            } else if !isLong, byte == quote || byte == UInt8(ascii: "\n") {
                if byte == quote { advance() }
                return
            } else {
                advance()
            }
        }
    }

    private func startsThree(_ quote: UInt8) -> Bool {
        position + 2 < bytes.count && bytes[position] == quote && bytes[position + 1] == quote
            && bytes[position + 2] == quote
    }
}

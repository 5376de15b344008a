/// Where a value stands in a document, written like `process.args[2]` or `annotations['a.b/c']`.
package struct FieldPath: Sendable, Equatable, CustomStringConvertible {
    package enum Step: Sendable, Equatable {
        case key(String)
        case index(Int)
    }

    package var steps: [Step] = []

    package init(_ steps: [Step] = []) {
        self.steps = steps
    }

    /// A path from the keys that Codable reports.
    init(_ keys: [any CodingKey]) {
        steps = keys.map { key in
            if let index = key.intValue { return .index(index) }
            return .key(key.stringValue)
        }
    }

    package static func / (path: FieldPath, key: String) -> FieldPath {
        FieldPath(path.steps + [.key(key)])
    }

    package subscript(index: Int) -> FieldPath { FieldPath(steps + [.index(index)]) }

    /// At most the last eight steps, since a document may nest deeper than a message is wide.
    package var description: String {
        var text = steps.count > 8 ? "…" : ""
        for step in steps.suffix(8) {
            switch step {
            case .index(let index):
                text += "[\(index)]"
            case .key(let key) where Self.isPlain(key):
                text += (text.isEmpty ? "" : ".") + key
            case .key(let key):
                text += "[\(excerpt(key))]"
            }
        }
        return text
    }

    private static func isPlain(_ key: String) -> Bool {
        (1...40).contains(key.utf8.count)
            && key.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "_") }
    }
}

extension UInt8 {
    /// Whether the byte is an ASCII letter or digit.
    var isASCIIAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default:
            false
        }
    }

    /// Whether the byte is an ASCII digit.
    var isASCIIDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}

/// A value of a configuration key after its type has been checked.
package enum ConfigurationValue: Sendable, Equatable {
    case flag(Bool)
    case integer(Int)
    case text(String)
    case list([String])

    /// The value as it is written in TOML.
    package var toml: String {
        switch self {
        case .flag(let flag): return flag ? "true" : "false"
        case .integer(let integer): return String(integer)
        case .text(let text): return Self.quoted(text)
        case .list(let list): return "[" + list.map(Self.quoted).joined(separator: ", ") + "]"
        }
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\") + "\""
    }
}

/// What a key takes.
package enum ValueType: Sendable, Equatable {
    /// `true` or `false`.
    case flag
    /// A whole number in a range.
    case integer(ClosedRange<Int>)
    /// A number of processors: fractions are rounded up, less than 0 means all of the host's.
    case processors
    /// One of some words.
    case choice([String])
    /// An absolute path; empty means none.
    case path
    /// One line of printable characters.
    case line
    /// A list of such lines.
    case lines

    /// What the key takes, for messages and for the reference.
    package var description: String {
        switch self {
        case .flag: return "true or false"
        case .integer(let range): return "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .processors: return "a number of processors, at most 255, or less than 0 for all of the host's"
        case .choice(let words): return words.map { "\"\($0)\"" }.joined(separator: " or ")
        case .path: return "an absolute path in quotes"
        case .line: return "a string without control characters"
        case .lines: return "a list of strings without control characters"
        }
    }
}

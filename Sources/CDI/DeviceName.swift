/// A device by its fully qualified CDI name, `vendor/class=name`.
///
/// CDI specification, "Kind" and "Device name": vendor and class begin with a letter and end with a letter or digit,
/// with `_`, `-` and `.` in between; a name begins and ends with a letter or digit, with `:` too in between.
package struct DeviceName: Sendable, Hashable {
    /// `vendor/class`.
    package let kind: String
    /// The name within the kind.
    package let name: String

    /// Reads a name; nil when the text is none.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 1024 else { return nil }
        let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, Self.isKind(sides[0]), Self.isName(sides[1]) else { return nil }
        kind = String(sides[0])
        name = String(sides[1])
    }

    /// Whether the text is `vendor/class`.
    package static func isKind(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                isWord(part, middle: "_-.") && part.utf8.first.map(isLetter) == true
            }
    }

    /// Whether the text is the name of a device within its kind.
    package static func isName(_ text: some StringProtocol) -> Bool {
        isWord(text, middle: "_-.:")
    }

    private static func isWord(_ text: some StringProtocol, middle: StaticString) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, isLetterOrDigit(first), isLetterOrDigit(last)
        else { return false }
        let special = middle.withUTF8Buffer(Array.init)
        return bytes.allSatisfy { isLetterOrDigit($0) || special.contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension DeviceName: CustomStringConvertible {
    /// `vendor/class=name`.
    package var description: String { "\(kind)=\(name)" }
}

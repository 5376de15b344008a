/// Text from outside as it may stand in a one-line message: in single quotes, control characters and
/// quotes escaped, cut after `limit` characters.
package func excerpt(_ text: some StringProtocol, limit: Int = 80) -> String {
    var result = "'"
    var count = 0
    for scalar in text.unicodeScalars {
        guard count < limit else {
            return result + "…'"
        }
        switch scalar.value {
        case 0x27: result += "\\'"
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069:
            result += "\\u{" + String(scalar.value, radix: 16) + "}"
        default: result.unicodeScalars.append(scalar)
        }
        count += 1
    }
    return result + "'"
}

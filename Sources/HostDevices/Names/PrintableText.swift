/// A text from outside as a terminal may have it: control characters, and those that turn the direction of writing or
/// break a line, as `\u{…}`; at most `limit` bytes of it.
package func printable(_ text: String, limit: Int = 4096) -> String {
    var shown = ""
    for scalar in text.unicodeScalars {
        guard shown.utf8.count < limit else { return shown + "…" }
        if isHarmful(scalar.value) {
            shown += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
            shown.unicodeScalars.append(scalar)
        }
    }
    return shown
}

private func isHarmful(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0..<0x20, 0x7f...0x9f, 0x061c, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff: true
    default: false
    }
}

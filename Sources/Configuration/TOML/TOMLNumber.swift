/// Numbers and dates, from the word that a text has for them.
enum TOMLNumber {
    static func parse(_ word: String) -> RawValue? {
        if isDateOrTime(word) { return .other }
        switch word {
        case "inf", "+inf": return .number(.infinity)
        case "-inf": return .number(-.infinity)
        case "nan", "+nan", "-nan": return .number(.nan)
        default: break
        }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where word.hasPrefix(prefix) {
            let isDigit = { (byte: UInt8) in
                Character(Unicode.Scalar(byte)).hexDigitValue.map { $0 < radix } ?? false
            }
            return digits(word.dropFirst(2), isDigit).flatMap { Int64($0, radix: radix) }.map(
                RawValue.integer)
        }
        return decimal(word)
    }

    /// Whether a word has the shape of a date or a time.
    static func isDateOrTime(_ word: String) -> Bool {
        let bytes = Array(word.utf8)
        let isDate = bytes.count >= 10 && bytes[4] == UInt8(ascii: "-") && bytes[7] == UInt8(ascii: "-")
        let isTime = bytes.count >= 8 && bytes[2] == UInt8(ascii: ":") && bytes[5] == UInt8(ascii: ":")
        return (isDate || isTime) && bytes.allSatisfy { isDecimal($0) || "-+:.TtZz".utf8.contains($0) }
    }

    private static func decimal(_ word: String) -> RawValue? {
        var rest = word[...]
        let sign = rest.hasPrefix("-") ? "-" : ""
        if rest.hasPrefix("-") || rest.hasPrefix("+") { rest = rest.dropFirst() }
        let whole = rest.prefix { !".eE".contains($0) }
        guard let number = digits(whole, isDecimal), number == "0" || !number.hasPrefix("0") else {
            return nil
        }
        rest = rest.dropFirst(whole.count)
        if rest.isEmpty { return Int64(sign + number).map(RawValue.integer) }
        var text = sign + number
        if rest.hasPrefix(".") {
            let fraction = rest.dropFirst().prefix { !"eE".contains($0) }
            guard let part = digits(fraction, isDecimal) else { return nil }
            text += "." + part
            rest = rest.dropFirst(fraction.count + 1)
        }
        if let first = rest.first {
            guard first == "e" || first == "E" else { return nil }
            rest = rest.dropFirst()
            text += "e" + (rest.hasPrefix("-") ? "-" : "")
            if rest.hasPrefix("-") || rest.hasPrefix("+") { rest = rest.dropFirst() }
            guard let exponent = digits(rest, isDecimal) else { return nil }
            text += exponent
        }
        return Double(text).map(RawValue.number)
    }

    /// Digits without the underscores, each of which must stand between two digits.
    private static func digits(_ text: Substring, _ isDigit: (UInt8) -> Bool) -> String? {
        let groups = text.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard groups.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) }) else { return nil }
        return String(text.filter { $0 != "_" })
    }

    private static func isDecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

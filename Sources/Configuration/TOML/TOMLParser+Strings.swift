/// The four kinds of strings.
extension TOMLParser {
    func startsThree(_ quote: Character) -> Bool {
        bytes[position...].prefix(3).elementsEqual(repeatElement(quote.asciiValue ?? 0, count: 3))
    }

    /// `'as it is'`
    mutating func literalString() throws(TOMLSyntaxError) -> String {
        try expect("'")
        let start = position
        while let byte = current, byte != UInt8(ascii: "'") {
            try checkCharacter(byte)
            skip()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        try expect("'")
        return text
    }

    /// `"with \"escapes\""`
    mutating func basicString() throws(TOMLSyntaxError) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while let byte = current, byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") {
                text += try escape()
            } else {
                try checkCharacter(byte)
                text.append(byte)
                skip()
            }
        }
        try expect("\"")
        return String(decoding: text, as: UTF8.self)
    }

    /// A string in three quotes of either kind, which may have several lines.
    mutating func longString(_ quote: Character) throws(TOMLSyntaxError) -> String {
        for _ in 0..<3 { try expect(quote) }
        _ = try takeNewline()
        var text: [UInt8] = []
        while let byte = current {
            if startsThree(quote) {
                for _ in 0..<3 { try expect(quote) }
                // Up to two quotes before the three that end the string belong to it.
                for _ in 0..<2 where take(quote) { text.append(byte) }
                return String(decoding: text, as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\"), quote == "\"" {
                text += try skipsLineEnd() ? [] : escape()
            } else if try takeNewline() {
                text.append(UInt8(ascii: "\n"))
            } else {
                try checkCharacter(byte)
                text.append(byte)
                skip()
            }
        }
        throw failure("a string has no end")
    }

    /// Skips a backslash at the end of a line, and all blanks up to the next character.
    private mutating func skipsLineEnd() throws(TOMLSyntaxError) -> Bool {
        let (start, startLine) = (position, line)
        skip()
        skipSpaces()
        guard try takeNewline() else {
            (position, line) = (start, startLine)
            return false
        }
        repeat { skipSpaces() } while try takeNewline()
        return true
    }

    /// A backslash and what it stands for, as UTF-8.
    private mutating func escape() throws(TOMLSyntaxError) -> [UInt8] {
        try expect("\\")
        let byte = current
        skip()
        switch byte {
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return byte.map { [$0] } ?? []
        case UInt8(ascii: "u"): return try scalar(digits: 4)
        case UInt8(ascii: "U"): return try scalar(digits: 8)
        default: throw failure("there is a backslash before something that needs none")
        }
    }

    private mutating func scalar(digits: Int) throws(TOMLSyntaxError) -> [UInt8] {
        let code = bytes[position...].prefix(digits)
        let isHexadecimal = code.allSatisfy { UInt8(ascii: "+") != $0 && UInt8(ascii: "-") != $0 }
        guard code.count == digits, isHexadecimal,
            let number = UInt32(String(decoding: code, as: UTF8.self), radix: 16),
            let scalar = Unicode.Scalar(number), number != 0
        else { throw failure("there is an escape that stands for no character") }
        for _ in 0..<digits { skip() }
        return Array(String(Character(scalar)).utf8)
    }
}

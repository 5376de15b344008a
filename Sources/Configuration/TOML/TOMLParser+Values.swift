/// Values of every kind.
extension TOMLParser {
    mutating func value(depth: Int) throws(TOMLSyntaxError) -> RawValue {
        guard depth < Self.deepest else { throw failure("values nest too deep") }
        switch current {
        case UInt8(ascii: "\""):
            return .text(try startsThree("\"") ? longString("\"") : basicString())
        case UInt8(ascii: "'"):
            return .text(try startsThree("'") ? longString("'") : literalString())
        case UInt8(ascii: "["):
            return .list(try list(depth: depth))
        case UInt8(ascii: "{"):
            return try inlineTable(depth: depth)
        default:
            return try scalar()
        }
    }

    private mutating func list(depth: Int) throws(TOMLSyntaxError) -> [RawValue] {
        try expect("[")
        var elements: [RawValue] = []
        while true {
            try skipBlankLines()
            if take("]") { return elements }
            elements.append(try value(depth: depth + 1))
            try skipBlankLines()
            if take(",") { continue }
            try expect("]")
            return elements
        }
    }

    private mutating func inlineTable(depth: Int) throws(TOMLSyntaxError) -> RawValue {
        try expect("{")
        let table = TOMLTable(.inline)
        skipSpaces()
        if take("}") { return table.rawValue }
        repeat {
            try keyAndValue(table, depth: depth + 1)
            skipSpaces()
        } while take(",")
        try expect("}")
        return table.rawValue
    }

    /// A flag, a number or a date.
    private mutating func scalar() throws(TOMLSyntaxError) -> RawValue {
        var text = word()
        // A date and a time may have a space between them.
        let isDate = text.utf8.count == 10 && TOMLNumber.isDateOrTime(text)
        if isDate, current == UInt8(ascii: " "), position + 1 < bytes.count,
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position + 1])
        {
            skip()
            text += "T" + word()
        }
        switch text {
        case "": throw failure("a value is missing")
        case "true": return .flag(true)
        case "false": return .flag(false)
        default:
            guard let value = TOMLNumber.parse(text) else {
                throw failure("'\(oneLine(text))' is no value; strings stand in quotes")
            }
            return value
        }
    }

    private mutating func word() -> String {
        let start = position
        while let byte = current, byte > 0x20, !"#,]}[{=\"'".utf8.contains(byte) { skip() }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }
}

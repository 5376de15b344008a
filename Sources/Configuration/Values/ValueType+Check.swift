extension ValueType {
    /// The checked value, or nil if `raw` is none of this type.
    func check(_ raw: RawValue) -> ConfigurationValue? {
        switch (self, raw) {
        case (.flag, .flag(let flag)):
            return .flag(flag)
        case (.integer(let range), .integer(let integer)):
            return Int(exactly: integer).flatMap { range.contains($0) ? .integer($0) : nil }
        case (.processors, .integer(let integer)):
            return Self.processors(Double(integer))
        case (.processors, .number(let number)):
            return Self.processors(number)
        case (.choice(let words), .text(let text)):
            return words.contains(text) ? .text(text) : nil
        case (.path, .text(let text)):
            return text.isEmpty || Self.isPath(text) ? .text(text) : nil
        case (.line, .text(let text)):
            return Self.isLine(text) ? .text(text) : nil
        case (.lines, .list(let elements)):
            var lines: [String] = []
            for element in elements {
                guard case .text(let text) = element, Self.isLine(text), !text.isEmpty else { return nil }
                lines.append(text)
            }
            return .list(lines)
        default:
            return nil
        }
    }

    /// The checked value of the text of an annotation, which has no types of its own.
    func check(annotation text: String) -> ConfigurationValue? {
        switch self {
        case .flag:
            return text == "true" ? .flag(true) : text == "false" ? .flag(false) : nil
        case .integer, .processors:
            // Digits only: Swift's own parser also takes "+1", which nothing else here writes.
            guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { return nil }
            return Int64(text).flatMap { check(.integer($0)) }
        case .choice:
            return check(.text(text))
        case .path, .line, .lines:
            // What could name a file or reach a command line as free text is never taken from a pod.
            return nil
        }
    }

    private static func processors(_ number: Double) -> ConfigurationValue? {
        guard number.isFinite, (-255...255).contains(number) else { return nil }
        return .integer(number < 0 ? -1 : Int(number.rounded(.up)))
    }

    private static func isPath(_ text: String) -> Bool {
        text.utf8.first == UInt8(ascii: "/") && text.utf8.count < 4096 && isLine(text)
            && !text.split(separator: "/").contains("..")
    }

    private static func isLine(_ text: String) -> Bool {
        text.utf8.count <= 8192
            && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) }
    }
}

import OCI

/// A value of a CDI file with the place where it stands, for reading it with a type. A field that is null counts as
/// absent, as for the specification's own reader.
struct Field {
    let path: FieldPath
    let node: YAMLNode
    let file: String

    /// That the field does not do, as in "is missing".
    func problem(_ reason: String) -> FileProblem {
        FileProblem(file, path.steps.isEmpty ? "it \(reason)" : "field '\(path)' \(reason)")
    }

    /// A text. Numbers without quotes are texts too where one is wanted: `name: 0`.
    func text(limit: Int = 4096) throws(FileProblem) -> String {
        guard case .scalar(let text, _) = node, !node.isNull else { throw problem("is not a text") }
        guard text.utf8.count <= limit else { throw problem("has more than \(limit) bytes") }
        return text
    }

    /// An absolute path that names one place.
    func absolutePath() throws(FileProblem) -> String {
        let text = try text(limit: 4095)
        // By bytes: as characters, an accent would hide a slash.
        let parts = text.utf8.split(separator: UInt8(ascii: "/"))
        guard text.utf8.first == UInt8(ascii: "/"), !parts.contains(where: { $0.elementsEqual("..".utf8) })
        else {
            throw problem("is \(excerpt(text)), not an absolute path without '..'")
        }
        return text
    }

    /// true or false.
    func flag() throws(FileProblem) -> Bool {
        switch node {
        case .scalar("true", isPlain: true): return true
        case .scalar("false", isPlain: true): return false
        default: throw problem("is not true or false")
        }
    }

    /// A whole number, written as YAML writes them: decimal, `0o17` and `017` octal, `0x1f`.
    func number<Integer: FixedWidthInteger>(_ range: ClosedRange<Integer>) throws(FileProblem) -> Integer {
        guard case .scalar(let text, true) = node, let value: Integer = Self.number(text),
            range.contains(value)
        else { throw problem("is not a whole number from \(range.lowerBound) to \(range.upperBound)") }
        return value
    }

    private static func number<Integer: FixedWidthInteger>(_ text: String) -> Integer? {
        guard text.utf8.count <= 24, text.first?.isNumber == true || text.first == "-" else { return nil }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.hasPrefix(prefix) {
            let digits = text.dropFirst(2)
            return digits.hasPrefix("+") || digits.hasPrefix("-") ? nil : Integer(digits, radix: radix)
        }
        return text.hasPrefix("0") && text.utf8.count > 1 ? Integer(text, radix: 8) : Integer(text)
    }

    /// The members of a list.
    func list() throws(FileProblem) -> [Field] {
        guard case .list(let items) = node else { throw problem("is not a list") }
        return items.enumerated().map { Field(path: path[$0.offset], node: $0.element, file: file) }
    }

    /// The texts of a list.
    func texts() throws(FileProblem) -> [String] {
        var texts: [String] = []
        for field in try list() { texts.append(try field.text(limit: 131_072)) }
        return texts
    }

    /// The members of a map.
    func map() throws(FileProblem) -> [(key: String, field: Field)] {
        guard case .map(let entries) = node else { throw problem("is not an object") }
        return entries.map { ($0.key, Field(path: path / $0.key, node: $0.value, file: file)) }
    }

    /// The fields of an object of which all must be known.
    func fields(_ known: Set<String>) throws(FileProblem) -> [String: Field] {
        var fields: [String: Field] = [:]
        for (key, field) in try map() {
            guard known.contains(key) else { throw field.problem("is not known") }
            if !field.node.isNull { fields[key] = field }
        }
        return fields
    }

    /// The field `name` of this object's `fields`, which must be there.
    func required(_ name: String, _ fields: [String: Field]) throws(FileProblem) -> Field {
        guard let field = fields[name] else {
            throw Field(path: path / name, node: node, file: file).problem("is missing")
        }
        return field
    }
}

/// A `key=value` list as Cloud Hypervisor's command line takes it.
struct OptionValue: Sendable {
    /// The items in order.
    var items: [(key: String, value: String)]

    init(_ items: [(key: String, value: String)]) {
        self.items = items
    }

    /// The list as one argument.
    var text: String {
        items.map { "\($0.key)=\(Self.quote($0.value))" }.joined(separator: ",")
    }

    /// Quotes a value that the parser would split, trim or misread: in double quotes, each inner one doubled.
    ///
    /// There is no other escape. Brackets group outside of quotes and must balance there; blanks at the ends
    /// are cut off.
    static func quote(_ value: String) -> String {
        let special = value.utf8.contains { ",[]\"".utf8.contains($0) }
        let isBlank = { (byte: UInt8?) in byte == UInt8(ascii: " ") }
        guard special || isBlank(value.utf8.first) || isBlank(value.utf8.last) else { return value }
        var quoted = "\""
        for scalar in value.unicodeScalars {
            quoted.unicodeScalars.append(scalar)
            if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
        }
        return quoted + "\""
    }
}

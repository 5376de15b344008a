/// One switch of QEMU's command line, or the few that only make sense together.
///
/// A switch is a value; rendering it looks at nothing but the value.
protocol QEMUSwitch: Sendable {
    /// The arguments, one per element.
    var arguments: [String] { get }
}

/// A switch without a value of its own, or with one that QEMU takes as it stands.
///
/// `-kernel`, `-initrd`, `-append` and `-bios` are such: a comma in their value means a comma.
struct PlainSwitch: QEMUSwitch {
    var name: String
    var value: String?

    init(_ name: String, _ value: String? = nil) {
        self.name = name
        self.value = value
    }

    var arguments: [String] {
        [name] + (value.map { [$0] } ?? [])
    }
}

/// A switch whose value is a list of comma-separated options.
struct OptionSwitch: QEMUSwitch {
    var name: String
    /// The first item, which has no key, such as a driver's name; nil when every item has one.
    var subject: String?
    var options: [QEMUOption]

    init(_ name: String, _ subject: String? = nil, _ options: [QEMUOption]) {
        self.name = name
        self.subject = subject
        self.options = options
    }

    var arguments: [String] {
        let items = (subject.map { [Self.escape($0)] } ?? []) + options.map(\.text)
        return [name, items.joined(separator: ",")]
    }

    /// Doubles each comma: in an option list a doubled one stands for itself, and nothing else is special.
    static func escape(_ value: String) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            escaped.unicodeScalars.append(scalar)
            if scalar == "," { escaped.unicodeScalars.append(scalar) }
        }
        return escaped
    }
}

/// One `key=value` of an option list.
struct QEMUOption: Sendable {
    var key: String
    var value: String

    init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }

    init(_ key: String, _ value: some BinaryInteger) {
        self.init(key, String(value))
    }

    init(_ key: String, _ value: Bool) {
        self.init(key, value ? "on" : "off")
    }

    var text: String { "\(key)=\(OptionSwitch.escape(value))" }
}

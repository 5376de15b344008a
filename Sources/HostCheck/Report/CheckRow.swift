/// One line of the table: something that a sandbox uses, and what there is of it.
package struct CheckRow: Sendable, Equatable {
    /// What was found of it.
    package enum State: String, Sendable, CaseIterable, Encodable {
        /// It is there and works.
        case ok
        /// It is there and could be better, or something that is not needed is missing.
        case warning
        /// It is not there or does not work.
        case missing
        /// It could not be tried; `found` says why.
        case unknown
    }

    /// The row's name in both forms of the output; names stay the same from release to release.
    package var name: String
    package var state: State
    /// Whether no container runs without it.
    package var isRequired: Bool
    /// What was found, on one line.
    package var found: String
    /// What to do about it, on one line; nil when there is nothing to do.
    package var advice: String?

    /// Makes a row. Texts that come from programs or paths may hold anything; control characters are taken out.
    package init(
        _ name: String, _ state: State, required: Bool = false, _ found: String, advice: String? = nil
    ) {
        self.name = name
        self.state = state
        isRequired = required
        self.found = oneLine(found)
        self.advice = advice.map(oneLine)
    }

    /// Whether a container can't run because of it.
    package var isFatal: Bool {
        isRequired && (state == .missing || state == .unknown)
    }
}

extension CheckRow: Encodable {
    private enum Key: String, CodingKey {
        case name, state, required, found, advice
    }

    /// Writes every key always; `advice` is null when there is none.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encode(state, forKey: .state)
        try container.encode(isRequired, forKey: .required)
        try container.encode(found, forKey: .found)
        try container.encode(advice, forKey: .advice)
    }
}

/// The most bytes of one text: enough for a path and a reason.
private let longestText = 600

/// A text on one line, without control characters, at most `longestText` bytes of it.
func oneLine(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
        guard line.utf8.count < longestText else { return line + "…" }
        let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
        line.unicodeScalars.append(isControl ? " " : scalar)
    }
    return line
}

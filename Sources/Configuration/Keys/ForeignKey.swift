/// A key that Kata Containers knows and this runtime does not have.
package struct ForeignKey: Sendable {
    package var name: String
    /// When setting the key cannot just be passed over.
    package var danger: Danger?

    /// Values that would leave the user less protected than the file says, if they were ignored.
    package struct Danger: Sendable {
        var values: Values
        /// What would be missing, as the end of a sentence.
        package var reason: String
    }

    enum Values: Sendable {
        /// Anything but false, 0 and empty.
        case set
        case off
        case exactly(String)
    }

    /// Whether ignoring this value would weaken security.
    func isDangerous(_ value: RawValue) -> Bool {
        switch danger?.values {
        case nil: return false
        case .set: return !value.isInert
        case .off: return value == .flag(false)
        case .exactly(let word): return value == .text(word)
        }
    }

    static func ignored(_ names: String) -> [ForeignKey] {
        names.split(whereSeparator: \.isWhitespace).map { ForeignKey(name: String($0)) }
    }

    static func refused(_ name: String, when values: Values = .set, _ reason: String) -> ForeignKey {
        ForeignKey(name: name, danger: Danger(values: values, reason: reason))
    }

    /// The foreign keys of a group: `hypervisor`, `agent`, `runtime`, or a section of Kata's at the top.
    package static func all(in group: String) -> [ForeignKey] {
        switch group {
        case "hypervisor": return hypervisorKeys
        case "agent": return agentKeys
        case "runtime": return runtimeKeys
        default: return []
        }
    }

    /// Whole sections of Kata's that are passed over.
    static let sections: Set<String> = ["factory"]
}

/// A rule of the Pod Security Standards that a container breaks.
package struct Violation: Sendable, Equatable {
    package var rule: PodSecurityRule
    /// What in the specification breaks it, with the field's name and value; at most a few hundred characters.
    package var evidence: String

    /// Makes a violation; see the properties.
    package init(_ rule: PodSecurityRule, _ evidence: String) {
        self.rule = rule
        self.evidence = evidence
    }
}

extension Violation: CustomStringConvertible {
    /// The rule's name and, in parentheses, the evidence.
    package var description: String { "\(rule.rawValue) (\(evidence))" }
}

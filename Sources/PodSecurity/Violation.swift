/// A rule of the Pod Security Standards that a container breaks.
package struct Violation: Sendable, Equatable {
    /// The rule's name as the standards have it, such as `Host Namespaces`.
    package var rule: String
    /// What in the specification breaks it, with the field's name and value.
    package var evidence: String

    /// Makes a violation; see the properties.
    package init(rule: String, evidence: String) {
        self.rule = rule
        self.evidence = evidence
    }
}

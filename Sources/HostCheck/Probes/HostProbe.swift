import Configuration

/// Looks at one thing of the host. It changes nothing and leaves nothing.
protocol HostProbe: Sendable {
    /// What is found, as a row.
    func row(on host: CheckHost) -> CheckRow
}

/// Looks at something that the configuration names.
protocol ConfiguredProbe: Sendable {
    /// The row's name.
    static var name: String { get }
    /// Whether no container runs without it.
    static func isRequired(_ configuration: RuntimeConfiguration) -> Bool

    /// What is found, as a row.
    ///
    /// - Parameter earlier: the rows before this one, for what builds on them.
    func row(_ configuration: RuntimeConfiguration, on host: CheckHost, earlier: [CheckRow]) -> CheckRow
}

extension ConfiguredProbe {
    static func isRequired(_ configuration: RuntimeConfiguration) -> Bool { true }

    /// The row of something that depends on what is missing.
    func unknown(_ configuration: RuntimeConfiguration, because reason: String) -> CheckRow {
        CheckRow(Self.name, .unknown, required: Self.isRequired(configuration), "not tried: \(reason)")
    }

    /// The configuration's first file, quoted, for advice.
    func file(_ configuration: RuntimeConfiguration) -> String {
        "'\(configuration.files.first ?? "the configuration")'"
    }
}

extension [CheckRow] {
    /// Which of these earlier rows are fatal, as a reason not to try; nil if none.
    func obstacle(_ names: String...) -> String? {
        let found = filter { $0.isFatal && names.contains($0.name) }.map(\.name)
        return found.isEmpty ? nil : "see \(found.joined(separator: ", "))"
    }
}

/// A key that is supported: the one place that says where it stands, what it takes, what it means when it
/// is absent, and what it is for. The reader, `configuration.toml.example` and the reference in the docs
/// are made from these values.
package struct ConfigurationKey: Sendable {
    package var name: String
    /// Where the key may stand.
    package var sections: [Section]
    package var type: ValueType
    /// The value that holds when the key is absent; nil when there is none.
    package var fallback: ConfigurationValue?
    /// Whether `enable_annotations` may list the key.
    package var isAnnotation: Bool
    /// Other names that Kata gives the same key, in another edition or in an annotation.
    package var aliases: [String]
    /// What the key does, in whole sentences.
    package var summary: String

    init(
        _ name: String, _ sections: [Section], _ type: ValueType, _ fallback: ConfigurationValue?,
        aliases: [String] = [], isAnnotation: Bool = false, _ summary: String
    ) {
        self.name = name
        self.sections = sections
        self.type = type
        self.fallback = fallback
        self.aliases = aliases
        self.isAnnotation = isAnnotation
        self.summary = summary
    }

    /// A section of the file.
    package enum Section: String, Sendable, CaseIterable {
        case qemu = "hypervisor.qemu"
        case cloudHypervisor = "hypervisor.clh"
        case agent = "agent.kata"
        case runtime = "runtime"
        case security = "security"

        /// The first part of the section's name, which is also how annotations name it.
        package var group: String {
            String(rawValue.prefix { $0 != "." })
        }
    }

    /// Every supported key, in the order of the example file.
    package static let all: [ConfigurationKey] =
        [qemuPath, cloudHypervisorPath] + commonHypervisorKeys + hypervisorDeviceKeys + qemuKeys + agentKeys
        + runtimeKeys + runtimeDeviceKeys + securityKeys

    /// The key of that name, or with that alias, in a section.
    package static func named(_ name: String, in section: Section) -> ConfigurationKey? {
        all.first { ($0.name == name || $0.aliases.contains(name)) && $0.sections.contains(section) }
    }
}

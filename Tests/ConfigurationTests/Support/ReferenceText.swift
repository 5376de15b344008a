import Configuration

/// The texts that are made from the table of keys: the example file and the reference in the docs.
enum ReferenceText {
    private static func keys(_ section: ConfigurationKey.Section) -> [ConfigurationKey] {
        ConfigurationKey.all.filter { $0.sections.contains(section) }
    }

    /// `configuration.toml.example`: the sections as they hold by default, and Cloud Hypervisor's in comments.
    static var example: String {
        var text = """
            # Every key of Swiftlet's configuration with the value that holds when the key is absent.
            # The file is read from the path in containerd's runtime options, from SWIFTLET_CONF_FILE,
            # /etc/swiftlet/configuration.toml or /usr/share/defaults/swiftlet/configuration.toml; files
            # config.d/*.toml beside it change single keys. docs/configuration.md says more.

            """
        for section in [ConfigurationKey.Section.qemu, .agent, .runtime, .cloudHypervisor] {
            let isActive = section != .cloudHypervisor
            text += "\n"
            if !isActive {
                text += "# Another virtual machine monitor, instead of [hypervisor.qemu].\n"
            }
            text += (isActive ? "" : "#") + "[\(section.rawValue)]\n"
            for key in keys(section) {
                if isActive { text += "\n" + comment(key) }
                let value = key.fallback ?? placeholder(key)
                let isSet = isActive && key.fallback != nil
                text += "\(isSet ? "" : "#")\(key.name) = \(value.toml)\n"
            }
        }
        return text
    }

    private static func placeholder(_ key: ConfigurationKey) -> ConfigurationValue {
        .text(key.name == "image" ? "/usr/share/swiftlet/image" : "/usr/share/swiftlet/initrd")
    }

    private static func comment(_ key: ConfigurationKey) -> String {
        var lines: [String] = []
        var line = "#"
        for word in (key.summary + " Takes " + key.type.description + ".").split(separator: " ") {
            if line.count + word.count > 99 {
                lines.append(line)
                line = "#"
            }
            line += " " + word
        }
        return (lines + [line]).joined(separator: "\n") + "\n"
    }

    /// The tables of `docs/configuration.md`.
    static var tables: String {
        var text = ""
        for section in ConfigurationKey.Section.allCases {
            text += "\n### [\(section.rawValue)]\n\n"
            text += "| key | takes | when absent | annotation | |\n|---|---|---|---|---|\n"
            for key in keys(section) {
                let fallback = key.fallback.map { "`\($0.toml)`" } ?? "none"
                let annotation = key.isAnnotation ? "yes" : "no"
                let name = (["`\(key.name)`"] + key.aliases.map { "also `\($0)`" }).joined(separator: ", ")
                text +=
                    "| \(name) | \(key.type.description) | \(fallback) | \(annotation) | \(key.summary) |\n"
            }
        }
        text += "\n### Keys of Kata Containers that are an error\n\n"
        text += "| section | key | why |\n|---|---|---|\n"
        for group in ["hypervisor", "agent", "runtime"] {
            for key in ForeignKey.all(in: group) {
                guard let danger = key.danger else { continue }
                text += "| \(group) | `\(key.name)` | Without it \(danger.reason). |\n"
            }
        }
        text += "\n### Keys of Kata Containers that are passed over\n\n"
        for group in ["hypervisor", "agent", "runtime"] {
            let names = ForeignKey.all(in: group).filter { $0.danger == nil }.map { "`\($0.name)`" }
            text += "- \(group): \(names.sorted().joined(separator: ", "))\n"
        }
        return text
    }
}

/// The checked values of the keys that are set, with the place of each: what several files amount to.
struct Settings: Sendable, Equatable {
    /// The monitor's section that the files have.
    var hypervisor: ConfigurationKey.Section
    private var values: [Slot: Setting] = [:]

    private struct Slot: Hashable {
        var section: ConfigurationKey.Section
        var name: String
    }

    struct Setting: Sendable, Equatable {
        var value: ConfigurationValue
        var place: Problem.Place
    }

    init(hypervisor: ConfigurationKey.Section) {
        self.hypervisor = hypervisor
    }

    /// Sets a key; the later value wins.
    mutating func set(_ key: ConfigurationKey, in section: ConfigurationKey.Section, _ setting: Setting) {
        values[Slot(section: section, name: key.name)] = setting
    }

    /// What the key is set to and where, or nil. An empty path says nothing.
    func setting(_ key: ConfigurationKey) -> Setting? {
        let setting = values[Slot(section: section(of: key), name: key.name)]
        if key.type == .path, setting?.value == .text("") { return nil }
        return setting
    }

    /// The section in which a key stands in this configuration.
    func section(of key: ConfigurationKey) -> ConfigurationKey.Section {
        key.sections.contains(hypervisor) ? hypervisor : key.sections.first ?? .runtime
    }

    private func value(_ key: ConfigurationKey) -> ConfigurationValue? {
        setting(key)?.value ?? key.fallback
    }

    /// The value of a key of type `.flag`.
    func flag(_ key: ConfigurationKey) -> Bool {
        if case .flag(let flag)? = value(key) { return flag }
        return false
    }

    /// The value of a key of type `.integer` or `.processors`.
    func integer(_ key: ConfigurationKey) -> Int {
        if case .integer(let integer)? = value(key) { return integer }
        return 0
    }

    /// The value of a key of type `.choice`, `.path` or `.line`.
    func text(_ key: ConfigurationKey) -> String {
        if case .text(let text)? = value(key) { return text }
        return ""
    }

    /// The value of a key of type `.path` that may be missing.
    func path(_ key: ConfigurationKey) -> String? {
        let text = text(key)
        return text.isEmpty ? nil : text
    }

    /// The value of a key of type `.lines`.
    func list(_ key: ConfigurationKey) -> [String] {
        if case .list(let list)? = value(key) { return list }
        return []
    }
}

/// Turns parsed files into settings: sorts every key into one of three classes (supported, known to Kata
/// and not here, unknown), checks types, and lets later files win.
struct SettingsReader {
    private(set) var problems: [Problem] = []
    /// Names of keys that are passed over, as `section.key`.
    private(set) var ignored: [String] = []
    private var entries: [Entry] = []
    private var hypervisors: [(section: ConfigurationKey.Section, place: Problem.Place)] = []

    private struct Entry {
        var key: ConfigurationKey
        var section: ConfigurationKey.Section
        var setting: Settings.Setting
    }

    /// Adds what a file says.
    mutating func read(_ document: TOMLDocument) {
        for (group, value) in document.root.sorted(by: { $0.key < $1.key }) {
            switch (group, value) {
            case ("hypervisor", .table(let sections)), ("agent", .table(let sections)):
                for (name, value) in sections.sorted(by: { $0.key < $1.key }) {
                    readSection([group, name], value, document)
                }
            case ("runtime", _), ("security", _):
                readSection([group], value, document)
            case (let name, .table) where ForeignKey.sections.contains(name):
                ignored.append(name)
            default:
                reportUnknownSection([group], document)
            }
        }
    }

    /// The settings of all files that were read, if exactly one monitor's section is there.
    mutating func finish(lastFile: String) -> Settings? {
        guard let first = hypervisors.first else {
            let text =
                "there is no virtual machine monitor; add a section [hypervisor.qemu] or [hypervisor.clh]"
            problems.append(Problem(place: .init(file: lastFile, line: nil), text: text))
            return nil
        }
        if let other = hypervisors.first(where: { $0.section != first.section }) {
            let text =
                "section [\(other.section.rawValue)] is there beside [\(first.section.rawValue)] of "
                + "'\(first.place)'; keep one of them"
            problems.append(Problem(place: other.place, text: text))
        }
        var settings = Settings(hypervisor: first.section)
        for entry in entries { settings.set(entry.key, in: entry.section, entry.setting) }
        return settings
    }

    private mutating func readSection(_ path: [String], _ value: RawValue, _ document: TOMLDocument) {
        guard let section = ConfigurationKey.Section(rawValue: path.joined(separator: ".")),
            case .table(let members) = value
        else { return reportUnknownSection(path, document) }
        if section.group == "hypervisor" { hypervisors.append((section, document.place(path))) }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            read(name, value, in: section, at: document.place(path + [name]))
        }
    }

    private mutating func read(
        _ name: String, _ value: RawValue, in section: ConfigurationKey.Section, at place: Problem.Place
    ) {
        let title = "key '\(section.rawValue).\(oneLine(name))'"
        if let key = ConfigurationKey.named(name, in: section) {
            guard let checked = key.type.check(value) else {
                let found =
                    if case .integer(let number) = value { "is \(number)" } else { "has an unusable value" }
                let text = "\(title) \(found); give \(key.type.description)"
                return problems.append(Problem(place: place, text: text))
            }
            entries.append(Entry(key: key, section: section, setting: .init(value: checked, place: place)))
        } else if let foreign = ForeignKey.all(in: section.group).first(where: { $0.name == name }) {
            if foreign.isDangerous(value), let danger = foreign.danger {
                let text = "\(title) is not supported, and without it \(danger.reason); remove it"
                return problems.append(Problem(place: place, text: text))
            }
            ignored.append("\(section.rawValue).\(name)")
        } else if isOfOtherMonitor(name, section) {
            ignored.append("\(section.rawValue).\(name)")
        } else {
            reportUnknownKey(name, title, section, place)
        }
    }

    /// Kata reads every monitor's section with the same list of keys.
    private func isOfOtherMonitor(_ name: String, _ section: ConfigurationKey.Section) -> Bool {
        section.group == "hypervisor"
            && [ConfigurationKey.Section].anyHypervisor.contains {
                ConfigurationKey.named(name, in: $0) != nil
            }
    }

    private mutating func reportUnknownKey(
        _ name: String, _ title: String, _ section: ConfigurationKey.Section, _ place: Problem.Place
    ) {
        // Only the first problems are spelled out, and the search for a near name is not cheap.
        let advice = problems.count < 10 ? Self.advice(on: name, in: section) : "remove it"
        problems.append(Problem(place: place, text: "\(title) is not known; \(advice)"))
    }

    private static func advice(on name: String, in section: ConfigurationKey.Section) -> String {
        let here = ConfigurationKey.all.filter { $0.sections.contains(section) }.map(\.name)
        let known = here + ForeignKey.all(in: section.group).map(\.name)
        if let near = nearestName(to: name, in: known) { return "did you mean '\(near)'?" }
        let other = ConfigurationKey.all.first { $0.name == name }?.sections.first
        return other.map { "move it to [\($0.rawValue)]" } ?? "remove it"
    }

    private mutating func reportUnknownSection(_ path: [String], _ document: TOMLDocument) {
        let name = path.joined(separator: ".")
        let known = ConfigurationKey.Section.allCases.map(\.rawValue)
        let advice =
            nearestName(to: name, in: known).map { "did you mean [\($0)]?" }
            ?? "the sections are " + known.map { "[\($0)]" }.joined(separator: ", ")
        let text = "section [\(oneLine(name))] is not known; \(advice)"
        problems.append(Problem(place: document.place(path), text: text))
    }
}

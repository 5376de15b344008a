package import RuntimeErrors

extension RuntimeConfiguration {
    /// What annotations make of a configuration.
    package struct Annotated: Sendable {
        package var configuration: RuntimeConfiguration
        /// Annotations that look like configuration and changed nothing, sorted; to be logged.
        package var ignored: [String]
    }

    /// The configuration with what the annotations `io.katacontainers.config.<section>.<key>` of a pod set.
    ///
    /// Only keys that `enable_annotations` lists count, and of those only the ones whose values are
    /// numbers, flags or words of a fixed list: no annotation reaches a path, a program's name or a command
    /// line as free text (GHSA-rr59-xxvx-96qr).
    ///
    /// - Throws: `RuntimeError` with `.invalidArgument` if a key that counts has an unusable value.
    package func applying(annotations: [String: String]) throws(RuntimeError) -> Annotated {
        let prefix = "io.katacontainers.config."
        let enabled = settings.checkAnnotationNames().keys
        var changed = settings
        var ignored: [String] = []
        var problems: [Problem] = []
        for (name, text) in annotations.sorted(by: { $0.key < $1.key }) where name.hasPrefix(prefix) {
            let rest = name.dropFirst(prefix.count)
            let match = enabled.first { key in
                ([key.name] + key.aliases).contains { rest == "\(settings.section(of: key).group).\($0)" }
            }
            guard let key = match else {
                ignored.append(name)
                continue
            }
            let place = Problem.Place(file: "annotation \(name)", line: nil)
            guard let value = key.type.check(annotation: text) else {
                let text = "the value '\(oneLine(text))' is unusable; give \(key.type.description)"
                problems.append(Problem(place: place, text: text))
                continue
            }
            changed.set(key, in: settings.section(of: key), .init(value: value, place: place))
        }
        if problems.isEmpty { problems = changed.check() }
        guard problems.isEmpty else { throw RuntimeError(problems) }
        let configuration = RuntimeConfiguration(changed, warnings: warnings, files: files)
        return Annotated(configuration: configuration, ignored: ignored)
    }
}

package import RuntimeErrors

/// Finds and reads the configuration.
package struct ConfigurationLoader: Sendable {
    /// Where the file is looked for when nobody names one.
    package var places: [String]

    package init(
        places: [String] = [
            "/etc/swiftlet/configuration.toml", "/usr/share/defaults/swiftlet/configuration.toml",
        ]
    ) {
        self.places = places
    }

    /// Reads the configuration that holds for a request.
    ///
    /// In this order: the text that came with the request, the file that the request names, the file that
    /// `SWIFTLET_CONF_FILE` names, the first of `places` that exists. A file that is named must exist. The
    /// files `config.d/*.toml` beside it follow in the order of their names; each may change single keys.
    ///
    /// - Parameters:
    ///   - path: `config_path` of the runtime options, empty or nil if there is none.
    ///   - body: `config_body` of the runtime options, empty or nil if there is none.
    ///   - environment: The environment of the shim.
    /// - Throws: `RuntimeError` with `.notFound` if no file is there, otherwise `.invalidArgument`.
    package func load(
        path: String?, body: String?, environment: [String: String]
    ) throws(RuntimeError) -> RuntimeConfiguration {
        if let body, !body.isEmpty {
            return try RuntimeConfiguration(texts: [
                ConfigurationText(name: "configuration of the request", text: body)
            ])
        }
        let file = try find(path: path, environment: environment)
        var texts = [ConfigurationText(name: file, text: try ConfigurationFile.read(file))]
        for dropIn in try ConfigurationFile.dropIns(beside: file) {
            texts.append(ConfigurationText(name: dropIn, text: try ConfigurationFile.read(dropIn)))
        }
        return try RuntimeConfiguration(texts: texts)
    }

    /// The main file.
    private func find(path: String?, environment: [String: String]) throws(RuntimeError) -> String {
        let named = [path, environment["SWIFTLET_CONF_FILE"]].compactMap { $0 }.first { !$0.isEmpty }
        if let named {
            guard named.hasPrefix("/") else {
                throw RuntimeError(
                    .invalidArgument,
                    "can't use the configuration '\(oneLine(named))': the path is not absolute; give an absolute one"
                )
            }
            return named
        }
        guard let place = places.first(where: ConfigurationFile.exists) else {
            throw RuntimeError(
                .notFound,
                "can't find a configuration: none of \(places.map { "'\($0)'" }.joined(separator: " and ")) exists; "
                    + "copy configuration.toml.example to the first")
        }
        return place
    }
}

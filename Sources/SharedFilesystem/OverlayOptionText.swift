extension OverlayOptions {
    /// The value of `lowerdir`.
    func lowerOption() -> String {
        lower.map { Self.escaped($0, ["\\", ":"]) }.joined(separator: ":")
    }

    /// The options as mount(2) takes them, with paths relative to `folder` so that more of them fit.
    func pageOption() -> (folder: String, data: String) {
        let folder = commonFolder()
        func relative(_ path: String) -> String {
            folder == "/" ? path : String(path.dropFirst(folder.count + 1))
        }
        var parts = [
            "lowerdir=" + lower.map { Self.escaped(relative($0), ["\\", ":", ","]) }.joined(separator: ":")
        ]
        if let upper { parts.append("upperdir=" + Self.escaped(relative(upper), ["\\", ","])) }
        if let work { parts.append("workdir=" + Self.escaped(relative(work), ["\\", ","])) }
        for option in others {
            parts.append(option.value.map { "\(option.key)=\(Self.escaped($0, ["\\", ","]))" } ?? option.key)
        }
        return (folder, parts.joined(separator: ","))
    }

    /// The innermost folder that every folder of the overlay is beneath.
    private func commonFolder() -> String {
        var common: [Substring]?
        for path in folders {
            let parents = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            common = common.map { zip($0, parents).prefix { $0 == $1 }.map(\.0) } ?? Array(parents)
        }
        let folder = (common ?? []).joined(separator: "/")
        return folder.isEmpty ? "/" : folder
    }

    /// `text` with a backslash before each of `special`.
    static func escaped(_ text: String, _ special: Set<Character>) -> String {
        var result = ""
        for character in text {
            if special.contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }
}

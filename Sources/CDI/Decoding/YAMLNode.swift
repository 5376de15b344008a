/// A value of a YAML document.
indirect enum YAMLNode: Equatable {
    /// `isPlain`: written without quotes, so that it may be a number, true, false or null.
    case scalar(String, isPlain: Bool)
    case list([YAMLNode])
    case map([Entry])

    struct Entry: Equatable {
        var key: String
        var value: YAMLNode
    }

    /// Whether nothing is said.
    var isNull: Bool {
        guard case .scalar(let text, true) = self else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }
}

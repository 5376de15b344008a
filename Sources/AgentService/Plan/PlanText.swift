import RuntimeErrors

/// Checks of texts that the host has sent, before they get to calls that end at a NUL.
enum PlanText {
    /// `text`, if it has no NUL.
    static func checked(_ text: String, _ what: String) throws(RuntimeError) -> String {
        guard !text.utf8.contains(0) else {
            throw RuntimeError(.invalidArgument, "can't use the \(what): it has a NUL byte")
        }
        return text
    }

    /// `texts`, if none has a NUL.
    static func checked(_ texts: [String], _ what: String) throws(RuntimeError) -> [String] {
        for text in texts { _ = try checked(text, what) }
        return texts
    }

    /// `path`, if it is absolute and has no NUL.
    static func absolute(_ path: String, _ what: String) throws(RuntimeError) -> String {
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw RuntimeError(.invalidArgument, "can't use the \(what) '\(path)': it must begin with '/'")
        }
        return try checked(path, what)
    }
}

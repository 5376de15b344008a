package import RuntimeErrors

/// Checks what the form of a specification cannot say: that paths are absolute and lead nowhere they should
/// not, that names are known, that numbers are in range, that lists are not absurdly long.
///
/// A value that gets through can still be refused by a kernel; it cannot make a program between here and
/// there read something other than what was checked.
package struct SpecValidator: Sendable {
    /// Sentences about what was accepted and will have no effect; to be logged.
    package private(set) var warnings: [String] = []

    package init() {}

    /// Checks a specification.
    ///
    /// - Throws: `RuntimeError` with `.invalidArgument` that names the first field that is wrong.
    package mutating func check(_ spec: Spec) throws(RuntimeError) {
        let top = FieldPath()
        guard spec.ociVersion.hasPrefix("1.") else {
            throw invalid(top / "ociVersion", "is \(excerpt(spec.ociVersion))", "give a version 1.x")
        }
        if let root = spec.root {
            try checkText(root.path, top / "root" / "path")
            guard !root.path.isEmpty else { throw invalid(top / "root" / "path", "is empty", "give a path") }
        }
        for (name, text) in [("hostname", spec.hostname), ("domainname", spec.domainname)] {
            try checkText(text, top / name, limit: 64)
        }
        if let process = spec.process { try check(process, at: top / "process") }
        try check(spec.mounts, at: top / "mounts")
        if let hooks = spec.hooks { try check(hooks, at: top / "hooks") }
        try checkTable(spec.annotations, top / "annotations", limit: 4096)
        if let linux = spec.linux { try check(linux, at: top / "linux") }
    }

    /// Checks the process of an exec.
    ///
    /// - Throws: `RuntimeError` with `.invalidArgument` that names the first field that is wrong.
    package mutating func check(_ process: Process) throws(RuntimeError) {
        try check(process, at: FieldPath())
    }

    /// Checks the resources of an update.
    ///
    /// - Throws: `RuntimeError` with `.invalidArgument` that names the first field that is wrong.
    package mutating func check(_ resources: Resources) throws(RuntimeError) {
        try check(resources, at: FieldPath())
    }

    mutating func warn(_ path: FieldPath, _ text: String) {
        if warnings.count < 64 { warnings.append("field '\(path)' \(text)") }
    }
}

/// The error for a field.
func invalid(_ path: FieldPath, _ what: String, _ remedy: String) -> RuntimeError {
    RuntimeError(.invalidArgument, "can't use the specification: field '\(path)' \(what); \(remedy)")
}

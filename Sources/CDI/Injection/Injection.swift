package import Linux
package import OCI
package import RuntimeErrors

/// Applies the edits of CDI devices to a specification, CDI specification, "Container edits".
///
/// Two things are other than there. Hooks are dropped and reported: they would run programs of the host for a container
/// that is in a guest. A node with the permissions "none" gets no device rule, as an empty one means everything to some.
package struct Injection: Sendable {
    private let registry: Registry
    private let roots: HostRoots

    package init(_ registry: Registry, roots: HostRoots) {
        self.registry = registry
        self.roots = roots
    }

    /// Gives a container the devices; capabilities stay as they are.
    ///
    /// - Throws: `RuntimeError` with the specification untouched: `.notFound` for names that are not known, else for a
    ///   node of the host that is not there or is another kind of file.
    package func inject(_ names: [DeviceName], into spec: inout Spec) throws(RuntimeError) -> InjectionReport
    {
        let all = try registry.resolve(names)
        var edited = EditedSpec(spec)
        for name in names where !edited.report.devices.contains(name) { edited.report.devices.append(name) }
        for edits in all {
            if !edited.report.files.contains(edits.file) { edited.report.files.append(edits.file) }
            try edited.apply(edits, roots)
        }
        edited.finish()
        spec = edited.spec
        return edited.report
    }
}

import RuntimeErrors

/// Checks of the part about Linux.
extension SpecValidator {
    mutating func check(_ linux: LinuxConfiguration, at path: FieldPath) throws(RuntimeError) {
        try check(linux.uidMappings, at: path / "uidMappings")
        try check(linux.gidMappings, at: path / "gidMappings")
        try check(linux.namespaces, at: path / "namespaces")
        try check(linux.devices, at: path / "devices")
        try checkCgroupsPath(linux.cgroupsPath, path / "cgroupsPath")
        try checkSysctl(linux.sysctl, path / "sysctl")
        try checkWord(linux.rootfsPropagation, path / "rootfsPropagation", KnownNames.propagations)
        try checkPaths(linux.maskedPaths, path / "maskedPaths")
        try checkPaths(linux.readonlyPaths, path / "readonlyPaths")
        try checkText(linux.mountLabel, path / "mountLabel", limit: 4096)
        if let resources = linux.resources { try check(resources, at: path / "resources") }
        if let seccomp = linux.seccomp { try check(seccomp, at: path / "seccomp") }
        if let personality = linux.personality {
            try checkWord(personality.domain, path / "personality" / "domain", ["LINUX", "LINUX32"])
            guard personality.flags.isEmpty else {
                throw invalid(path / "personality" / "flags", "has members", "none is defined; remove them")
            }
        }
        for clock in linux.timeOffsets.keys {
            try checkWord(clock, path / "timeOffsets" / clock, ["boottime", "monotonic"])
        }
    }

    private func check(_ namespaces: [Namespace], at path: FieldPath) throws(RuntimeError) {
        try checkCount(namespaces.count, path, limit: 16)
        var seen: Set<String> = []
        for (index, namespace) in namespaces.enumerated() {
            try checkWord(
                namespace.type, path[index] / "type", Namespace.Kind.allCases.map(\.rawValue))
            guard seen.insert(namespace.type).inserted else {
                throw invalid(path[index] / "type", "is \(namespace.type) for the second time", "remove one")
            }
            if !namespace.path.isEmpty { try checkPath(namespace.path, path[index] / "path") }
        }
    }

    /// A path below the cgroup root, or systemd's `slice:prefix:name`; neither may climb out.
    private func checkCgroupsPath(_ text: String, _ path: FieldPath) throws(RuntimeError) {
        try checkText(text, path, limit: 4095)
        let parts = text.split(whereSeparator: { $0 == "/" || $0 == ":" })
        guard !parts.contains("..") else {
            throw invalid(path, "is \(excerpt(text)), which holds '..'", "give the path that is meant")
        }
        let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
        if colons > 0, !text.hasPrefix("/") {
            let names = text.split(separator: ":", omittingEmptySubsequences: false)
            guard names.count == 3, names.allSatisfy({ !$0.contains("/") }), names.last?.isEmpty == false
            else {
                throw invalid(path, "is \(excerpt(text))", "give a path, or slice:prefix:name")
            }
        }
    }

    private func checkSysctl(_ table: [String: String], _ path: FieldPath) throws(RuntimeError) {
        try checkTable(table, path, limit: 1024)
        for name in table.keys {
            let parts = name.split(
                omittingEmptySubsequences: false, whereSeparator: { $0 == "." || $0 == "/" })
            let isName = name.utf8.allSatisfy {
                $0.isASCIIAlphanumeric || "._-/:*".utf8.contains($0)
            }
            guard isName, !parts.contains("") else {
                throw invalid(
                    path / name, "is no name of a kernel parameter", "write it like net.core.somaxconn")
            }
        }
    }
}

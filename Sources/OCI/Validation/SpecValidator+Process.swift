import RuntimeErrors

/// Checks of processes.
extension SpecValidator {
    mutating func check(_ process: Process, at path: FieldPath) throws(RuntimeError) {
        try checkWorkingFolder(process.cwd, path / "cwd")
        guard let command = process.args.first, !command.isEmpty else {
            throw invalid(path / "args", "names no command", "give one")
        }
        try checkCount(process.args.count, path / "args", limit: 65_536)
        for (index, argument) in process.args.enumerated() {
            try checkText(argument, (path / "args")[index])
        }
        try checkEnvironment(process.env, path / "env")
        if let user = process.user { try check(user, at: path / "user") }
        if let capabilities = process.capabilities {
            try check(capabilities, at: path / "capabilities")
        }
        try check(process.rlimits, at: path / "rlimits")
        if let adjustment = process.oomScoreAdj, !(-1000...1000).contains(adjustment) {
            throw invalid(path / "oomScoreAdj", "is \(adjustment)", "give -1000 to 1000")
        }
        try checkText(process.apparmorProfile, path / "apparmorProfile", limit: 4096)
        try checkText(process.selinuxLabel, path / "selinuxLabel", limit: 4096)
        if let scheduler = process.scheduler {
            try checkWord(scheduler.policy, path / "scheduler" / "policy", KnownNames.schedulerPolicies)
            let flags = path / "scheduler" / "flags"
            for (index, flag) in scheduler.flags.enumerated() {
                try checkWord(flag, flags[index], KnownNames.schedulerFlags)
            }
        }
        if let priority = process.ioPriority {
            try checkWord(priority.class, path / "ioPriority" / "class", KnownNames.ioPriorityClasses)
        }
        if let affinity = process.execCPUAffinity {
            try checkNumberList(affinity.initial, path / "execCPUAffinity" / "initial")
            try checkNumberList(affinity.final, path / "execCPUAffinity" / "final")
        }
    }

    /// An absolute path, and none that leads through the descriptors or links of a process: with those a
    /// working folder could be one of the runtime's own descriptors (CVE-2024-21626).
    private func checkWorkingFolder(_ text: String, _ path: FieldPath) throws(RuntimeError) {
        try checkPath(text, path)
        let parts = text.split(separator: "/").filter { $0 != "." }
        let isProcess = parts.first == "proc" && parts.count >= 3 && parts[1] != "sys"
        let isDescriptor = parts.first == "dev" && parts.dropFirst().first == "fd"
        if isProcess || isDescriptor {
            throw invalid(
                path, "is \(excerpt(text)), which leads through another process's files",
                "give a folder of the container")
        }
    }

    func checkEnvironment(_ environment: [String], _ path: FieldPath) throws(RuntimeError) {
        try checkCount(environment.count, path, limit: 65_536)
        for (index, entry) in environment.enumerated() {
            try checkText(entry, path[index])
            guard let equals = entry.utf8.firstIndex(of: UInt8(ascii: "=")), equals > entry.utf8.startIndex
            else { throw invalid(path[index], "is no entry NAME=value", "correct it") }
        }
    }

    private func check(_ user: User, at path: FieldPath) throws(RuntimeError) {
        // The highest number is what system calls read as "leave it as it is".
        for (name, id) in [("uid", user.uid), ("gid", user.gid)] where id == UInt32.max {
            throw invalid(path / name, "is \(id), which is no id", "give one below it")
        }
        try checkCount(user.additionalGids.count, path / "additionalGids", limit: 65_536)
        for (index, id) in user.additionalGids.enumerated() where id == UInt32.max {
            throw invalid((path / "additionalGids")[index], "is \(id), which is no id", "give one below it")
        }
        if let umask = user.umask, umask > 0o777 {
            throw invalid(path / "umask", "is \(umask)", "give at most 511, octal 777")
        }
    }

    private mutating func check(_ capabilities: Capabilities, at path: FieldPath) throws(RuntimeError) {
        for (name, members) in capabilities.sets {
            try checkCount(members.count, path / name, limit: 256)
            for (index, member) in members.enumerated() {
                let place = (path / name)[index]
                let isName =
                    member.hasPrefix("CAP_") && member.utf8.count <= 64
                    && member.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "_") }
                guard isName else {
                    throw invalid(place, "is \(excerpt(member))", "give a name that starts with CAP_")
                }
                // The specification wants unknown capabilities logged, not refused: newer kernels have more.
                if !KnownNames.capabilities.contains(member) {
                    warn(place, "is \(excerpt(member)), a capability that is not known; it is not granted")
                }
            }
        }
    }

    private func check(_ limits: [ResourceLimit], at path: FieldPath) throws(RuntimeError) {
        try checkCount(limits.count, path, limit: 64)
        var seen: Set<String> = []
        for (index, limit) in limits.enumerated() {
            try checkWord(limit.type, path[index] / "type", KnownNames.resourceLimits)
            guard seen.insert(limit.type).inserted else {
                throw invalid(path[index] / "type", "is \(limit.type) for the second time", "remove one")
            }
            guard limit.soft <= limit.hard else {
                throw invalid(path[index] / "soft", "is above 'hard', \(limit.hard)", "lower it")
            }
        }
    }
}

import RuntimeErrors

/// Checks of seccomp filters.
extension SpecValidator {
    func check(_ seccomp: Seccomp, at path: FieldPath) throws(RuntimeError) {
        try checkWord(seccomp.defaultAction, path / "defaultAction", KnownNames.seccompActions)
        try checkError(seccomp.defaultErrnoRet, path / "defaultErrnoRet")
        try checkWords(seccomp.architectures, path / "architectures", KnownNames.seccompArchitectures)
        try checkWords(seccomp.flags, path / "flags", KnownNames.seccompFlags)
        try checkText(seccomp.listenerPath, path / "listenerPath", limit: 4095)
        try checkText(seccomp.listenerMetadata, path / "listenerMetadata")
        try checkCount(seccomp.syscalls.count, path / "syscalls", limit: 4096)
        for (index, rule) in seccomp.syscalls.enumerated() {
            try check(rule, at: (path / "syscalls")[index])
        }
    }

    private func check(_ rule: SeccompRule, at path: FieldPath) throws(RuntimeError) {
        try checkWord(rule.action, path / "action", KnownNames.seccompActions)
        try checkError(rule.errnoRet, path / "errnoRet")
        guard !rule.names.isEmpty else { throw invalid(path / "names", "is empty", "name system calls") }
        try checkCount(rule.names.count, path / "names", limit: 4096)
        for (index, name) in rule.names.enumerated() {
            let isName = name.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "_") }
            guard isName, (1...64).contains(name.utf8.count) else {
                throw invalid((path / "names")[index], "is \(excerpt(name))", "name a system call")
            }
        }
        try checkCount(rule.args.count, path / "args", limit: 64)
        for (index, argument) in rule.args.enumerated() {
            let place = (path / "args")[index]
            guard argument.index <= 5 else {
                throw invalid(place / "index", "is \(argument.index)", "a system call has arguments 0 to 5")
            }
            try checkWord(argument.op, place / "op", KnownNames.seccompOperators)
        }
    }

    private func checkWords(
        _ words: [String], _ path: FieldPath, _ known: Set<String>
    ) throws(RuntimeError) {
        try checkCount(words.count, path, limit: 64)
        for (index, word) in words.enumerated() { try checkWord(word, path[index], known) }
    }

    /// The kernel's error numbers end at 4095; SCMP_ACT_TRACE passes any 16 bits on to a tracer.
    private func checkError(_ number: UInt32?, _ path: FieldPath) throws(RuntimeError) {
        guard let number, number > 65_535 else { return }
        throw invalid(path, "is \(number)", "give at most 65535")
    }
}

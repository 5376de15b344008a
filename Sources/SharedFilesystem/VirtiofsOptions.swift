package import RuntimeErrors

/// What can be chosen of one virtiofsd; everything else is fixed by `arguments`.
package struct VirtiofsOptions: Sendable, Equatable {
    /// How long the guest may trust what it knows of files.
    package enum Cache: String, Sendable, CaseIterable {
        case auto, always, metadata, never
    }

    /// The descriptor of the listening socket in the daemon.
    static let socketDescriptor: Int32 = 3

    package var executable: String
    /// The whole sandbox id; it stands in the daemon's argument 0 for those who read ps.
    package var sandboxID: String
    package var cache: Cache
    /// Threads beside the one that takes requests; 0 for none.
    package var threadPoolSize: Int
    /// More arguments, `--name` or `--name=value` each.
    package var extraArguments: [String]

    /// - Throws: `RuntimeError` `.invalidArgument` for an extra argument that is not allowed.
    package init(
        executable: String, sandboxID: String, cache: Cache = .auto, threadPoolSize: Int = 0,
        extraArguments: [String] = []
    ) throws(RuntimeError) {
        for argument in extraArguments { try Self.check(argument) }
        self.executable = executable
        self.sandboxID = sandboxID
        self.cache = cache
        self.threadPoolSize = threadPoolSize
        self.extraArguments = extraArguments
    }

    /// The daemon's arguments, its name first. What is given explicitly stands in place of the default; every
    /// default that matters is spelled out, since versions differ.
    package var arguments: [String] {
        let fixed = [
            "--shared-dir=\(SharedTree.path)", "--sandbox=chroot", "--seccomp=kill", "--xattr",
            "--inode-file-handles=never", "--rlimit-nofile=0", "--fd=\(Self.socketDescriptor)",
        ]
        let chosen = [
            "--cache=\(cache.rawValue)", "--thread-pool-size=\(threadPoolSize)", "--announce-submounts",
            "--no-killpriv-v2", "--log-level=warn",
        ]
        let given = Set(extraArguments.flatMap { [Self.name(of: $0), Self.opposite(of: Self.name(of: $0))] })
        return ["virtiofsd[\(sandboxID)]"] + fixed + chosen.filter { !given.contains(Self.name(of: $0)) }
            + extraArguments
    }

    /// Arguments that change speed and what the guest sees, but not what it can reach.
    static let allowed: Set<String> = [
        "--cache", "--thread-pool-size", "--announce-submounts", "--no-announce-submounts",
        "--no-readdirplus",
        "--writeback", "--allow-direct-io", "--allow-mmap", "--posix-acl", "--xattrmap", "--log-level",
        "--killpriv-v2", "--no-killpriv-v2", "--preserve-noatime", "--security-label", "--readonly",
    ]

    private static func check(_ argument: String) throws(RuntimeError) {
        let name = name(of: argument)
        guard allowed.contains(name), !argument.utf8.contains(0) else {
            throw RuntimeError(
                .invalidArgument,
                "can't give virtiofsd the argument '\(argument)': allowed are \(allowed.sorted().joined(separator: ", ")), "
                    + "with values as --name=value")
        }
    }

    private static func name(of argument: String) -> String {
        String(argument.prefix { $0 != "=" })
    }

    /// `--no-x` for `--x` and the reverse.
    private static func opposite(of name: String) -> String {
        name.hasPrefix("--no-") ? "--\(name.dropFirst(5))" : "--no-\(name.dropFirst(2))"
    }
}

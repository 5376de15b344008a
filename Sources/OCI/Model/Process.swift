/// A process of a container: its first, or one that is added by exec.
package struct Process: Codable, Sendable, Equatable {
    @Omittable package var terminal: Bool
    package var consoleSize: ConsoleSize?
    package var user: User?
    /// The command and its arguments.
    @Omittable package var args: [String]
    /// `NAME=value` entries.
    @Omittable package var env: [String]
    /// Absolute path of the working folder inside the container.
    @Omittable package var cwd: String
    package var capabilities: Capabilities?
    @Omittable package var rlimits: [ResourceLimit]
    @Omittable package var noNewPrivileges: Bool
    @Omittable package var apparmorProfile: String
    /// -1000 … 1000; nil leaves the value that is inherited.
    @WholeNumber package var oomScoreAdj: Int?
    package var scheduler: Scheduler?
    @Omittable package var selinuxLabel: String
    package var ioPriority: IOPriority?
    package var execCPUAffinity: CPUAffinity?

    /// Makes a process with everything else empty.
    package init(
        args: [String] = [], env: [String] = [], cwd: String = "/", user: User? = nil,
        terminal: Bool = false
    ) {
        self.args = args
        self.env = env
        self.cwd = cwd
        self.user = user
        self.terminal = terminal
    }
}

/// The size of a terminal, in characters.
package struct ConsoleSize: Codable, Sendable, Equatable {
    @WholeNumber package var height: UInt32
    @WholeNumber package var width: UInt32

    package init(height: UInt32, width: UInt32) {
        self.height = height
        self.width = width
    }
}

/// A limit of setrlimit(2).
package struct ResourceLimit: Codable, Sendable, Equatable {
    /// `RLIMIT_…`
    package var type: String
    @WholeNumber package var hard: UInt64
    @WholeNumber package var soft: UInt64

    package init(type: String, hard: UInt64, soft: UInt64) {
        self.type = type
        self.hard = hard
        self.soft = soft
    }
}

/// The five capability sets, each a list of `CAP_…` names.
package struct Capabilities: Codable, Sendable, Equatable {
    @Omittable package var bounding: [String]
    @Omittable package var effective: [String]
    @Omittable package var inheritable: [String]
    @Omittable package var permitted: [String]
    @Omittable package var ambient: [String]

    package init(
        bounding: [String] = [], effective: [String] = [], inheritable: [String] = [],
        permitted: [String] = [], ambient: [String] = []
    ) {
        self.bounding = bounding
        self.effective = effective
        self.inheritable = inheritable
        self.permitted = permitted
        self.ambient = ambient
    }

    /// The sets with their names, in the order of the specification.
    package var sets: [(name: String, members: [String])] {
        [
            ("bounding", bounding), ("effective", effective), ("inheritable", inheritable),
            ("permitted", permitted), ("ambient", ambient),
        ]
    }
}

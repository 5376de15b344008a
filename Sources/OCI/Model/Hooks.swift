/// Programs that are run at points of a container's life.
package struct Hooks: Codable, Sendable, Equatable {
    @Omittable package var prestart: [Hook]
    @Omittable package var createRuntime: [Hook]
    @Omittable package var createContainer: [Hook]
    @Omittable package var startContainer: [Hook]
    @Omittable package var poststart: [Hook]
    @Omittable package var poststop: [Hook]

    package init() {}

    /// The lists with their names, in the order in which they run.
    package var lists: [(name: String, hooks: [Hook])] {
        [
            ("prestart", prestart), ("createRuntime", createRuntime), ("createContainer", createContainer),
            ("startContainer", startContainer), ("poststart", poststart), ("poststop", poststop),
        ]
    }

    /// Whether no hook is there at all.
    package var isEmpty: Bool { lists.allSatisfy(\.hooks.isEmpty) }
}

/// One program to run.
package struct Hook: Codable, Sendable, Equatable {
    /// Absolute path.
    @Omittable package var path: String
    /// The whole argument vector, `argv[0]` included.
    @Omittable package var args: [String]
    @Omittable package var env: [String]
    /// Seconds; nil is no limit.
    @WholeNumber package var timeout: Int?

    package init(path: String, args: [String] = [], env: [String] = [], timeout: Int? = nil) {
        self.path = path
        self.args = args
        self.env = env
        self.timeout = timeout
    }
}

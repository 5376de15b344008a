/// Where the agent finds and puts things.
package struct Surroundings: Sendable {
    /// Whether the agent is the first process of a virtual machine, and not one for tests.
    package var isMachine: Bool
    /// The agent's binary on a read-only mount, to be run as the launcher.
    package var launcher: String
    /// The cgroup v2 folder beneath which containers get theirs.
    package var cgroups: String
    /// Folder of the sandbox's own files.
    package var sandbox: String

    package init(isMachine: Bool, launcher: String, cgroups: String, sandbox: String) {
        self.isMachine = isMachine
        self.launcher = launcher
        self.cgroups = cgroups
        self.sandbox = sandbox
    }
}

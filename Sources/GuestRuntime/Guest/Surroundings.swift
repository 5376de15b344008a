package import Linux

/// Where the agent finds and puts things.
package struct Surroundings: Sendable {
    /// Whether the agent is the first process of a virtual machine, and not one for tests.
    package var isMachine: Bool
    /// Whether there is no program in the guest but the agent and the containers.
    package var isAlone: Bool
    /// The agent's binary on a read-only mount, to be run as the launcher.
    package var launcher: String
    /// The cgroup v2 folder beneath which containers get theirs.
    package var cgroups: String
    /// Folder of the sandbox's own files.
    package var sandbox: String

    /// The trees in which devices are looked for.
    package var roots: HostRoots

    package init(
        isMachine: Bool, isAlone: Bool, launcher: String, cgroups: String, sandbox: String, roots: HostRoots
    ) {
        self.isMachine = isMachine
        self.isAlone = isAlone
        self.launcher = launcher
        self.cgroups = cgroups
        self.sandbox = sandbox
        self.roots = roots
    }
}

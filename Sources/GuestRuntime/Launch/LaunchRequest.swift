package import Linux

/// All that ``LaunchedProcess/init(_:)`` needs to start the launcher.
package struct LaunchRequest: Sendable {
    /// The agent's binary, where a container can't write it.
    package var launcher: String
    /// What the launcher shall do.
    package var plan: LaunchPlan
    /// Standard input, output and error of the process; unused with a terminal.
    package var streams: [SharedDescriptor]
    /// The cgroup that the process is born in; nil keeps the agent's.
    package var cgroup: SharedDescriptor?
    /// What a container's init process gets of its own.
    package var namespaces: NamespaceKinds
    /// A pidfd of the container's init process, for a further process.
    package var container: SharedDescriptor?

    package init(
        launcher: String, plan: LaunchPlan, streams: [SharedDescriptor], cgroup: SharedDescriptor? = nil,
        namespaces: NamespaceKinds = [], container: SharedDescriptor? = nil
    ) {
        self.launcher = launcher
        self.plan = plan
        self.streams = streams
        self.cgroup = cgroup
        self.namespaces = namespaces
        self.container = container
    }
}

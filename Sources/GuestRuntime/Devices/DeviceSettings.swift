package import Linux

/// How the agent deals with devices.
package struct DeviceSettings: Sendable {
    /// The trees of this machine.
    package var roots: HostRoots
    /// How long a device that was attached may take to appear.
    package var hotplugTimeout: Duration
    /// How long the CDI files for a kind of device may take to appear.
    package var cdiTimeout: Duration
    /// How long after the agent's start the folder of CDI files may take to appear. Where it is not there by then
    /// nothing in the guest makes CDI files.
    package var cdiFolderTimeout: Duration
    /// The time between two looks into that folder.
    package var cdiInterval = Duration.seconds(1)
    /// Whether a container may name CDI devices in its variable `VISIBLE_CDI_DEVICES`.
    package var readsVisibleDevices: Bool

    /// What the kernel's command line says, for the machine of these roots.
    ///
    /// - Parameter isAlone: whether there is no program in the guest but the agent and containers.
    package init(_ arguments: KernelArguments, roots: HostRoots, isAlone: Bool) {
        self.roots = roots
        hotplugTimeout = .seconds(arguments.hotplugSeconds)
        cdiTimeout = .seconds(arguments.cdiSeconds)
        cdiFolderTimeout = isAlone ? .zero : .seconds(10)
        readsVisibleDevices = arguments.usesVisibleDevices
    }

    /// Where CDI files are.
    package var cdiFolder: String { roots.path("/var/run/cdi") }
}

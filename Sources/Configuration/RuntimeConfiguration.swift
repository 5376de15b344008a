/// Everything that the runtime is configured with, checked.
package struct RuntimeConfiguration: Sendable, Equatable {
    /// The virtual machine monitor and its machine.
    package var hypervisor: HypervisorConfiguration
    /// `[agent.kata] dial_timeout`: how long the guest may take until its agent answers.
    package var dialTimeout: Duration
    /// `[agent.kata] debug_console_enabled`.
    package var debugConsole: Bool
    /// `[agent.kata] kernel_modules`: each a module's name and its parameters.
    package var kernelModules: [String]
    /// `[agent.kata] enable_debug`.
    package var agentDebug: Bool
    /// `[runtime] create_container_timeout`: how long the agent may take to make a container.
    package var createContainerDeadline: Duration
    /// `[runtime] sandbox_cgroup_only`.
    package var sandboxCgroupOnly: Bool
    /// `[runtime] internetworking_model`.
    package var internetworking: InternetworkingModel
    /// The opposite of `[runtime] disable_guest_seccomp`.
    package var guestSeccomp: Bool
    /// `[runtime] vfio_mode`.
    package var vfioMode: VFIOMode
    /// `[runtime] enable_debug`.
    package var debug: Bool
    /// `[runtime] shim_api_version`: 2 or 3, or nil to find out.
    package var shimAPIVersion: Int?
    /// Sentences to log once: what was read and is not done.
    package var warnings: [String]
    /// The files that were read, in order.
    package var files: [String]

    let settings: Settings
}

/// How packets get from the pod's network interfaces to the guest.
package enum InternetworkingModel: String, Sendable, CaseIterable {
    /// A tap device, and traffic control rules that redirect.
    case tcfilter
    /// Not at all.
    case none
}

/// Who drives a device that is passed in.
package enum VFIOMode: String, Sendable, CaseIterable {
    case guestKernel = "guest-kernel"
    case vfio
}

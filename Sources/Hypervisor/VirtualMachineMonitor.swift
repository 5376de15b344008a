package import RuntimeErrors

/// A program that runs virtual machines, as the sandbox sees it.
///
/// Small on purpose. What only some monitors can do becomes a protocol of its own, never a method that
/// silently does nothing.
package protocol VirtualMachineMonitor: Sendable {
    /// What this monitor can do.
    var capabilities: MonitorCapabilities { get }

    /// Renders a plan; pure.
    ///
    /// - Throws: `invalidArgument` when the plan contradicts itself, `unimplemented` when this monitor can't
    ///   do what it asks for.
    func command(for plan: VMPlan) throws(RuntimeError) -> MonitorCommand

    /// Starts a machine and returns when its monitor answers on the control socket and the guest runs.
    ///
    /// A failure leaves no process, no socket file and no descriptor behind. The error carries the monitor's
    /// standard error.
    func boot(_ plan: VMPlan, _ launch: MonitorLaunch) async throws -> any RunningVM
}

/// What a monitor can do, where they differ.
package struct MonitorCapabilities: Sendable, Equatable {
    /// Whether devices can be placed behind root ports and switches.
    package var ports: Bool
    /// Whether it offers the guest's vsock ports behind a Unix socket by itself.
    package var hybridVsock: Bool
    /// Whether it takes vhost-user connections as inherited descriptors.
    package var inheritsVhostUser: Bool

    /// Makes a set of capabilities.
    package init(ports: Bool, hybridVsock: Bool, inheritsVhostUser: Bool) {
        self.ports = ports
        self.hybridVsock = hybridVsock
        self.inheritsVhostUser = inheritsVhostUser
    }
}

/// What the configuration says of security.
package struct SecurityConfiguration: Sendable, Equatable {
    /// `[security] pod_security`: containers that this Pod Security level forbids are refused.
    package var podSecurity: PodSecurityLevel
    /// `[security] vmm_user` and `vmm_group`: who the virtual machine monitor runs as; nil for root.
    package var monitorUser: MonitorUser?
}

/// A user for the virtual machine monitor.
package struct MonitorUser: Sendable, Equatable {
    package var user: UInt32
    package var group: UInt32
}

/// The levels of the Kubernetes Pod Security Standards.
package enum PodSecurityLevel: String, Sendable, CaseIterable {
    /// Nothing is looked at.
    case off
    case baseline
    case restricted
}

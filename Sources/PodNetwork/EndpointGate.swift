package import RuntimeErrors

/// Whether the functions of a pod's network may be taken from the host; asked before anything is written.
package struct EndpointGate: Sendable, Equatable {
    /// Whether `cold_plug_vfio` names a port, so that a machine can boot with a function.
    package var hasColdPlugPort: Bool
    /// Whether `hot_plug_vfio` names a port.
    package var hasHotPlugPort: Bool
    /// Whether this runtime can attach a network function to a machine that runs.
    package var attachesLater: Bool

    /// Makes a gate; see the properties.
    package init(hasColdPlugPort: Bool, hasHotPlugPort: Bool = false, attachesLater: Bool = false) {
        self.hasColdPlugPort = hasColdPlugPort
        self.hasHotPlugPort = hasHotPlugPort
        self.attachesLater = attachesLater
    }

    /// Lets the endpoints pass.
    ///
    /// - Throws: `RuntimeError`: failed precondition, with the first that may not be taken.
    package func admit(_ endpoints: [PhysicalEndpoint]) throws(RuntimeError) {
        for endpoint in endpoints {
            let kind = endpoint.virtual == nil ? "physical function" : "virtual function"
            let object = "can't pass interface '\(endpoint.name)', \(kind) \(endpoint.function)"
            guard hasColdPlugPort || (hasHotPlugPort && attachesLater) else {
                throw RuntimeError(
                    .failedPrecondition,
                    "\(object), to the guest: cold_plug_vfio is \"no-port\"; set it to \"root-port\" or "
                        + "\"switch-port\", or keep the interface out of the pod's network namespace")
            }
            guard !endpoint.carriesHostDefaultRoute else {
                throw RuntimeError(
                    .failedPrecondition,
                    "\(object), to the guest: the host's default route leads through it; give the pod a network "
                        + "namespace of its own, or the host another default route")
            }
        }
    }
}

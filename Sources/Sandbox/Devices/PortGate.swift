package import Configuration
package import RuntimeErrors

/// The rules of the configuration that come before any write to the host: a sandbox with `cold_plug_vfio` = no-port
/// takes no VFIO device, and one with `vfio_mode` = vfio needs an IOMMU in the guest for them.
package struct PortGate: Sendable {
    /// What passes.
    package struct Admission: Sendable, Equatable {
        package var admitted: [RequestedDevice]
        /// What the log is told; nil when all are admitted.
        package var warning: String?
    }

    private let configuration: DeviceConfiguration

    /// The gate under one configuration.
    package init(_ configuration: DeviceConfiguration) {
        self.configuration = configuration
    }

    /// All requests; or none of those that go through VFIO, where `cdi_without_port` has them passed over.
    ///
    /// - Throws: `failedPrecondition` naming each annotation or place that asks, and the key to set.
    package func admit(
        _ requests: DeviceRequests, of container: String
    ) throws(RuntimeError) -> Admission {
        let vfio = requests.vfio
        guard !vfio.isEmpty else { return Admission(admitted: requests.all) }
        guard configuration.coldPlug == .noPort else {
            try checkIOMMU(container)
            return Admission(admitted: requests.all)
        }
        var seen: Set<String> = []
        let asked = vfio.map { "\($0.origin.words) asks for '\($0.hostPath)'" }.filter {
            seen.insert($0).inserted
        }.joined(separator: ", ")
        let reason = "\(asked) and key 'cold_plug_vfio' is \"no-port\""
        guard configuration.passesOverWithoutPort else {
            throw RuntimeError(
                .failedPrecondition,
                "can't give container '\(container)' its VFIO devices: \(reason); set 'cold_plug_vfio' to "
                    + "\"root-port\" or \"switch-port\"")
        }
        return Admission(
            admitted: requests.all.filter { $0.request.vfio == nil },
            warning: "VFIO devices passed over: \(reason)")
    }

    private func checkIOMMU(_ container: String) throws(RuntimeError) {
        guard configuration.vfioMode == .vfio, !configuration.iommu else { return }
        throw RuntimeError(
            .failedPrecondition,
            "can't give container '\(container)' its VFIO devices: with 'vfio_mode' = \"vfio\" the guest needs an "
                + "IOMMU; set 'enable_iommu' to true")
    }
}

extension RequestedDevice.Origin {
    /// How messages name it.
    var words: String {
        switch self {
        case .node(let index): "linux.devices[\(index)]"
        case .mount(let index): "mounts[\(index)]"
        case .annotation(let key): "annotation '\(key)'"
        case .kubelet(let name): "the kubelet's device '\(name)'"
        }
    }
}

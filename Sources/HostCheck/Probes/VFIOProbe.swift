import Configuration
import Hypervisor
import RuntimeErrors
import VFIO

/// Looks at what devices of the host need that are passed to a guest. A container without any runs all the same.
protocol VFIOProbe: ConfiguredProbe {}

extension VFIOProbe {
    static func isRequired(_ configuration: RuntimeConfiguration) -> Bool { false }

    /// A row; for information only where the configuration plugs no device in.
    func row(
        _ configuration: RuntimeConfiguration, _ state: CheckRow.State, _ found: String, advice: String? = nil
    ) -> CheckRow {
        guard configuration.devices.coldPlug != .noPort else {
            return CheckRow(Self.name, .ok, "\(found); not needed with cold_plug_vfio = \"no-port\"")
        }
        return CheckRow(Self.name, state, found, advice: advice)
    }
}

extension DeviceConfiguration {
    /// How devices would be opened on a host.
    ///
    /// - Throws: `RuntimeError` if they can't be.
    func access(on host: CheckHost) throws(RuntimeError) -> VFIOAccess {
        let support = VFIOSupport(PCIHost(host.roots))
        var warnings: [String] = []
        switch iommufd {
        case .auto: return try support.usable()
        case .off: return try support.access(.group, warnings: &warnings)
        case .on: return try support.access(.descriptors, warnings: &warnings)
        }
    }
}

import Configuration
import HostDevices
import Hypervisor
import VFIO

/// Functions that did not come back to the host: no pod gets those that are set aside.
struct VFIODevicesProbe: VFIOProbe {
    static let name = "vfio-devices"
    /// Addresses in one row; the list has them all.
    private static let most = 8

    func row(_ configuration: RuntimeConfiguration, on host: CheckHost, earlier: [CheckRow]) -> CheckRow {
        let ownership = Ownership(host.roots)
        let aside = ownership.quarantined.keys.sorted()
        let orphans = ownership.orphans(PCIHost(host.roots)).map(\.address)
        var found: [String] = []
        if !aside.isEmpty { found.append("set aside: \(Self.words(aside))") }
        if !orphans.isEmpty { found.append("nobody's and on a VFIO driver: \(Self.words(orphans))") }
        guard !found.isEmpty else { return row(configuration, .ok, "none is set aside, none is nobody's") }
        return row(
            configuration, .warning, found.joined(separator: "; "),
            advice: "see 'swiftlet devices list'; 'swiftlet devices restore' gives back what can be")
    }

    private static func words(_ addresses: [HostPCIAddress]) -> String {
        let shown = addresses.prefix(most).map(\.description).joined(separator: ", ")
        return addresses.count > most ? "\(shown) and \(addresses.count - most) more" : shown
    }
}

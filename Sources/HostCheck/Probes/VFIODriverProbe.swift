import Configuration
import VFIO

/// The driver that functions are bound to for a guest.
struct VFIODriverProbe: VFIOProbe {
    static let name = "vfio-driver"

    func row(_ configuration: RuntimeConfiguration, on host: CheckHost, earlier: [CheckRow]) -> CheckRow {
        guard VFIOSupport(PCIHost(host.roots)).hasDriver else {
            return row(
                configuration, .missing, "the driver 'vfio-pci' is missing",
                advice:
                    "load it with 'modprobe vfio-pci', at every boot by a line 'vfio-pci' in /etc/modules-load.d"
            )
        }
        return row(configuration, .ok, "vfio-pci")
    }
}

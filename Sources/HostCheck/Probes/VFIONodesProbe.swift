import Configuration
import Hypervisor
import Linux
import RuntimeErrors
import VFIO

/// The nodes by which a guest's devices are opened.
struct VFIONodesProbe: VFIOProbe {
    static let name = "vfio-nodes"

    func row(_ configuration: RuntimeConfiguration, on host: CheckHost, earlier: [CheckRow]) -> CheckRow {
        do throws(RuntimeError) {
            let access = try configuration.devices.access(on: host)
            let node = access == .group ? "vfio/vfio" : "iommu"
            return row(configuration, .ok, "'\(host.roots.dev)/\(node)' opens")
        } catch {
            return row(
                configuration, .missing, error.description,
                advice: "load vfio-pci, and switch the IOMMU on; iommufd = \"off\" does without /dev/iommu")
        }
    }
}

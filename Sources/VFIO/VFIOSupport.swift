import Glibc
package import Hypervisor
import Linux
package import RuntimeErrors

/// What VFIO the host's kernel has.
package struct VFIOSupport: Sendable {
    let host: PCIHost

    /// That of `host`.
    package init(_ host: PCIHost) {
        self.host = host
    }

    /// The way to get at devices where nobody says: through iommufd where that works, or else by group.
    ///
    /// - Throws: `RuntimeError`: failed precondition if neither works.
    package func usable() throws(RuntimeError) -> VFIOAccess {
        var warnings: [String] = []
        if let access = try? access(.iommufd, warnings: &warnings) { return access }
        return try access(.group, warnings: &warnings)
    }

    /// Whether there is a driver to bind functions to.
    package var hasDriver: Bool { host.reader.exists(driver) }

    /// The way to get at devices: `wanted`, or by group where the kernel has no device nodes (before Linux 6.6, or
    /// without CONFIG_VFIO_DEVICE_CDEV).
    package func access(_ wanted: VFIOAccess, warnings: inout [String]) throws(RuntimeError) -> VFIOAccess {
        let hasNodes = host.reader.exists("\(host.roots.sys)/class/vfio-dev")
        switch wanted {
        case .group: break
        case .iommufd where !hasNodes:
            warnings.append(
                "this kernel has no '/dev/vfio/devices' (CONFIG_VFIO_DEVICE_CDEV): groups are used instead of iommufd"
            )
            try requireNode("\(host.roots.dev)/vfio/vfio")
            return .group
        case .descriptors where !hasNodes:
            throw RuntimeError(
                .failedPrecondition,
                "can't open vfio devices for the monitor: this kernel has no '/dev/vfio/devices'; it needs Linux 6.6 with CONFIG_VFIO_DEVICE_CDEV"
            )
        case .iommufd, .descriptors: break
        }
        try requireNode(wanted == .group ? "\(host.roots.dev)/vfio/vfio" : "\(host.roots.dev)/iommu")
        return wanted
    }

    /// Throws unless there is a driver to bind `addresses` to.
    func requireDriver(for addresses: [HostPCIAddress]) throws(RuntimeError) {
        guard hasDriver else {
            let names = addresses.map(\.description).joined(separator: ", ")
            throw RuntimeError(
                .failedPrecondition,
                "can't bind \(names): '\(driver)' does not exist; load the driver with 'modprobe vfio-pci'")
        }
    }

    private var driver: String { "\(host.roots.sys)/bus/pci/drivers/vfio-pci" }

    private func requireNode(_ path: String) throws(RuntimeError) {
        do throws(Errno) {
            _ = try openDescriptor(path, flags: O_RDWR | O_NONBLOCK)
        } catch {
            throw RuntimeError(
                .failedPrecondition, "can't use vfio: can't open '\(path)'; load it with 'modprobe vfio-pci'",
                cause: error)
        }
    }
}

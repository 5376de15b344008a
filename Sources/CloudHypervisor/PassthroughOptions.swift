import Hypervisor
import RuntimeErrors

extension CloudHypervisorCommandLine {
    /// The items of `--platform`: more PCI segments, and how host devices are opened, which is one for all.
    ///
    /// - Throws: `unimplemented` for a release that lacks the way.
    mutating func platformOptions() throws(RuntimeError) -> [(key: String, value: String)] {
        var options: [(key: String, value: String)] = []
        if plan.topology.segments > 1 { options.append(("num_pci_segments", "\(plan.topology.segments)")) }
        let accesses = Set(plan.devices.compactMap(\.passthrough).map(\.access))
        guard !accesses.isSubset(of: [.group]) else { return options }
        guard accesses.count == 1 else {
            throw unsupported(
                "with host devices in and out of iommufd", "open all of them in the same way")
        }
        guard version >= .hasIOMMUFD else {
            throw unsupported(
                "v\(version.major) with iommufd", "install v52 or newer, or set iommufd to \"off\"")
        }
        options.append(("iommufd", "on"))
        if accesses.contains(.descriptors) {
            guard version >= .inheritsDevices else {
                throw unsupported(
                    "v\(version.major) with inherited host devices", "install v53 or newer, or choose QEMU")
            }
            options.append(("iommufd_fd", "\(numbers.number(of: .iommufd))"))
        }
        // Kernels before 6.19 can't map the regions of one device for another in iommufd, and the machine would not
        // start.
        options.append(("vfio_p2p_dma", "off"))
        return options
    }

    /// The items of `--device` that say which host device it is.
    mutating func source(of device: PassthroughDevice, _ id: String) -> [(key: String, value: String)] {
        let source =
            device.access == .descriptors
            ? ("fd", "\(numbers.number(of: .vfio(device: id)))") : ("path", device.host.sysfsPath)
        return [source] + (device.isBehindIOMMU ? [("iommu", "on")] : [])
    }
}

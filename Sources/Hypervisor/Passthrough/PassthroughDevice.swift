/// A host device that the guest gets through VFIO.
package struct PassthroughDevice: Codable, Sendable, Equatable {
    /// What the host calls it.
    package var host: HostDevice
    /// How the monitor gets at it.
    package var access: VFIOAccess
    /// Whether its memory accesses go through the machine's own IOMMU (`vfio_mode = "vfio"`).
    package var isBehindIOMMU: Bool
    /// Whether other functions of its slot are there too; said of function 0 only.
    package var isMultifunction: Bool

    /// Makes a passed-through device; see the properties.
    package init(
        host: HostDevice, access: VFIOAccess = .group, isBehindIOMMU: Bool = false,
        isMultifunction: Bool = false
    ) {
        self.host = host
        self.access = access
        self.isBehindIOMMU = isBehindIOMMU
        self.isMultifunction = isMultifunction
    }
}

/// A device of the host that VFIO can hand to a guest.
package enum HostDevice: Codable, Sendable, Hashable {
    /// A PCI function, physical or virtual, bound to a VFIO driver.
    case pci(HostPCIAddress)
    /// A PCI function whose own driver offers it through VFIO, as vGPUs on virtual functions are: the driver stays.
    case vendorPCI(HostPCIAddress)
    /// A mediated device by its UUID.
    case mediated(uuid: String)

    /// Its folder in sysfs, below `/sys`.
    package var sysfsPath: String {
        switch self {
        case .pci(let address), .vendorPCI(let address): "/sys/bus/pci/devices/\(address)"
        case .mediated(let uuid): "/sys/bus/mdev/devices/\(uuid)"
        }
    }

    /// Its PCI address; nil for a mediated device.
    package var address: HostPCIAddress? {
        switch self {
        case .pci(let address), .vendorPCI(let address): address
        case .mediated: nil
        }
    }
}

extension HostDevice: CustomStringConvertible {
    /// The address or the UUID.
    package var description: String {
        switch self {
        case .pci(let address), .vendorPCI(let address): address.description
        case .mediated(let uuid): uuid
        }
    }
}

/// How a monitor gets at a VFIO device.
package enum VFIOAccess: String, Codable, Sendable, CaseIterable {
    /// It opens `/dev/vfio/<group>` and the container `/dev/vfio/vfio`.
    case group
    /// It opens `/dev/vfio/devices/vfio<n>` and `/dev/iommu`.
    case iommufd
    /// It inherits both of the latter, opened; for a monitor that may open neither.
    case descriptors
}

extension PlannedDevice {
    /// The host device that it is, if it is one.
    package var passthrough: PassthroughDevice? {
        guard case .passthrough(let device) = device else { return nil }
        return device
    }
}

extension VMPlan {
    /// Whether the guest has host devices.
    package var hasPassthrough: Bool { devices.contains { $0.passthrough != nil } }
}

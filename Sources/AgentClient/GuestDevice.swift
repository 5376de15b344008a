import AgentProtocol

/// A device that the agent sets up for a container: a `Device` message of its protocol.
package struct GuestDevice: Sendable, Equatable {
    /// What the agent does with a device.
    package enum Kind: String, Sendable {
        /// A PCI function that the guest's kernel drives: the agent waits for it.
        case guestKernel = "vfio-pci-gk"
        /// A PCI function that the container drives: the agent binds it to VFIO in the guest.
        case vfio = "vfio-pci"
        /// A disk, whose number the agent puts in place of the host's.
        case disk = "blk"
    }

    /// What the device is known by: the number of a VFIO node, or a disk's PCI path.
    package var id: String
    /// The protocol's word for the kind.
    package var type: String
    /// Its path in the guest; empty where the agent finds it by other means.
    package var vmPath: String
    /// The node in `linux.devices` that stands for it.
    package var containerPath: String
    /// For a PCI function `<host address>=<PCI path in the guest>`, one for each.
    package var options: [String]

    /// Makes a device; see the properties.
    package init(
        id: String, type: Kind, vmPath: String = "", containerPath: String = "", options: [String] = []
    ) {
        self.id = id
        self.type = type.rawValue
        self.vmPath = vmPath
        self.containerPath = containerPath
        self.options = options
    }
}

extension AgentDevice {
    init(_ device: GuestDevice) {
        self.init()
        id = device.id
        type = device.type
        vmPath = device.vmPath
        containerPath = device.containerPath
        options = device.options
    }
}

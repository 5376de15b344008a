/// A host device that is to be placed in the guest, with all that its place depends on.
package struct PassthroughRequest: Sendable, Equatable {
    /// The device, and how the monitor gets at it.
    package var device: PassthroughDevice
    /// Whether it is a PCI Express function; one of the older kind has no place behind an Express port.
    package var isExpress: Bool
    /// Whether it is a virtual function: those of one slot are devices of their own, not parts of one.
    package var isVirtualFunction: Bool
    /// The host's IOMMU group; nil where it is not known.
    package var group: Int?
    /// Its registers and its ROM; empty for a mediated device, whose regions nobody knows before it is opened.
    package var regions: [PCIRegion]

    /// Makes a request; see the properties. What `device` says of functions is ignored.
    package init(
        device: PassthroughDevice, isExpress: Bool = true, isVirtualFunction: Bool = false,
        group: Int? = nil, regions: [PCIRegion] = []
    ) {
        self.device = device
        self.isExpress = isExpress
        self.isVirtualFunction = isVirtualFunction
        self.group = group
        self.regions = regions
    }
}

/// What the machine is like that devices are placed in.
package struct PassthroughRules: Sendable, Equatable {
    /// Where PCI Express devices go on a machine with ports; one without has only slots.
    package enum Port: String, Sendable, CaseIterable {
        /// Behind a root port each.
        case root
        /// Behind a switch's downstream port each.
        case downstream
    }

    /// Where PCI Express devices go.
    package var port: Port
    /// The guest's memory in MiB.
    package var memoryMebibytes: Int
    /// How many bits a physical address of the host has; nil where it is not known, and nothing is refused for it.
    package var hostAddressBits: Int?

    /// Makes rules; see the properties.
    package init(port: Port = .root, memoryMebibytes: Int, hostAddressBits: Int? = nil) {
        self.port = port
        self.memoryMebibytes = memoryMebibytes
        self.hostAddressBits = hostAddressBits
    }
}

/// Host devices with their places in the guest.
package struct PlacedPassthrough: Sendable, Equatable {
    /// `vfio0`, `vfio1`, … in the order of the requests, but functions of one slot together, function 0 first.
    package var devices: [PlannedDevice]
    /// The address space that the plan must have for them.
    package var addressSpace: GuestAddressSpace
}

import Hypervisor

/// The devices that the IOMMU can't tell apart, so that they have one owner.
package struct IOMMUGroup: Sendable, Equatable {
    /// One device of a group.
    package enum Member: Sendable, Equatable {
        case pci(PCIFunction)
        case mediated(MediatedDevice)
        /// A device that is neither, by its name in sysfs.
        case other(String)
    }

    package var number: Int
    /// The kind of its default domain, such as `DMA` or `identity`; nil where the kernel does not tell.
    package var type: String?
    package var members: [Member]

    /// Makes a group; see the properties.
    package init(number: Int, type: String? = nil, members: [Member] = []) {
        self.number = number
        self.type = type
        self.members = members
    }

    /// The PCI functions in it, bridges too.
    package var functions: [PCIFunction] {
        members.compactMap { if case .pci(let function) = $0 { function } else { nil } }
    }
}

extension IOMMUGroup.Member: CustomStringConvertible {
    /// The address, UUID or name.
    package var description: String {
        switch self {
        case .pci(let function): function.address.description
        case .mediated(let device): device.uuid
        case .other(let name): name
        }
    }
}

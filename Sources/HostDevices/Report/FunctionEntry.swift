package import Hypervisor

/// A PCI function.
package struct FunctionEntry: Sendable, Equatable {
    package var address: HostPCIAddress
    /// A number and the name that `pci.ids` has for it.
    package struct Named: Sendable, Equatable {
        /// Such as `0x10de`.
        package var id: String
        package var name: String?
    }

    /// Base class and subclass.
    package var deviceClass: Named
    package var vendor: Named
    package var device: Named
    package var driver: String?
    package var driverOverride: String?
    package var numaNode: Int?
    /// The function whose virtual function it is.
    package var physicalFunction: HostPCIAddress?
    /// How many virtual functions of it are enabled.
    package var virtualFunctions: Int
    package var interfaces: [String]
    /// Its node below `/dev/vfio/devices`.
    package var node: String?
    /// A bridge stays with the host, and harms no group.
    package var isBridge: Bool
    /// The bridge that it is behind; nil on a root bus.
    package var behind: HostPCIAddress?
    /// Why it is set aside; nil if it is not.
    package var quarantine: String?
    /// Whether `swiftlet devices bind` has bound it.
    package var isPrebound: Bool
    /// Whether it is on a VFIO driver by an override and nobody owns it.
    package var isOrphan: Bool
    /// The functions of its slot that come along with it.
    package var companions: [HostPCIAddress]
    /// Why a pod that asks for it would not get it; empty if it would.
    package var reasons: [String]
}

extension FunctionEntry: Encodable {
    private enum Key: String, CodingKey {
        case address, `class`, vendor, device, driver, driverOverride, numaNode, physicalFunction,
            virtualFunctions, interfaces, node, bridge, behind, quarantine, prebound, orphan, companions,
            passable, reasons
    }

    /// Writes every key always, null where there is nothing.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(address, forKey: .address)
        try container.encode(deviceClass, forKey: .class)
        try container.encode(vendor, forKey: .vendor)
        try container.encode(device, forKey: .device)
        try container.encode(driver, forKey: .driver)
        try container.encode(driverOverride, forKey: .driverOverride)
        try container.encode(numaNode, forKey: .numaNode)
        try container.encode(physicalFunction, forKey: .physicalFunction)
        try container.encode(virtualFunctions, forKey: .virtualFunctions)
        try container.encode(interfaces, forKey: .interfaces)
        try container.encode(node, forKey: .node)
        try container.encode(isBridge, forKey: .bridge)
        try container.encode(behind, forKey: .behind)
        try container.encode(quarantine, forKey: .quarantine)
        try container.encode(isPrebound, forKey: .prebound)
        try container.encode(isOrphan, forKey: .orphan)
        try container.encode(companions, forKey: .companions)
        try container.encode(reasons.isEmpty, forKey: .passable)
        try container.encode(reasons, forKey: .reasons)
    }
}

extension FunctionEntry.Named: Encodable {
    private enum Key: String, CodingKey {
        case id, name
    }

    /// Writes every key always, null where there is nothing.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
    }
}

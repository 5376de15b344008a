/// What the configuration says of host devices.
package struct DeviceConfiguration: Sendable, Equatable {
    /// `cold_plug_vfio`: where a device goes that is there when the machine boots.
    package var coldPlug: PortPolicy
    /// `hot_plug_vfio`: where one would go that comes later.
    package var hotPlug: PortPolicy
    /// `[runtime] vfio_mode`.
    package var vfioMode: VFIOMode
    /// `enable_iommu`: whether the guest sees an IOMMU.
    package var iommu: Bool
    /// `iommufd`.
    package var iommufd: IOMMUFDUse
    /// `[runtime] pod_resource_api_sock`; nil for none.
    package var podResourcesSocket: String?
    /// `[runtime] cdi_without_port`: whether a device that no port is planned for is passed over with a warning,
    /// instead of being an error.
    package var passesOverWithoutPort: Bool
    /// `[runtime] host_device_nodes`: whether a node of the host's that the guest does not have is an error.
    package var refusesForeignNodes: Bool
    /// `[runtime] cdi_kinds`, in order; the first that fits counts.
    package var kinds: [DeviceKind]
}

/// Where a VFIO device is plugged in.
package enum PortPolicy: String, Sendable, CaseIterable {
    /// Nowhere: the sandbox takes none.
    case noPort = "no-port"
    /// Behind a root port of its own; on a machine without ports, on the root bus.
    case rootPort = "root-port"
    /// Behind a port of a switch.
    case switchPort = "switch-port"
}

/// Who drives a VFIO device in the guest.
package enum VFIOMode: String, Sendable, CaseIterable {
    /// The guest's kernel; the container sees what its driver makes.
    case guestKernel = "guest-kernel"
    /// The container, through VFIO in the guest.
    case vfio
}

/// Whether devices are opened through iommufd instead of their groups.
package enum IOMMUFDUse: String, Sendable, CaseIterable {
    /// Where the host has it and the monitor can.
    case auto
    case on
    case off
}

/// A line of `cdi_kinds`: how CDI names PCI devices of a vendor and class in the guest.
package struct DeviceKind: Sendable, Equatable {
    /// The PCI vendor, such as 0x10de.
    package var vendor: UInt16
    /// The base class, such as 0x03 for display controllers.
    package var baseClass: UInt8
    /// The kind, such as `nvidia.com/gpu`.
    package var name: String

    /// Makes a kind.
    package init(vendor: UInt16, baseClass: UInt8, name: String) {
        self.vendor = vendor
        self.baseClass = baseClass
        self.name = name
    }

    /// Reads `0x10de:0x03=nvidia.com/gpu`; nil when the line is anything else.
    init?(_ line: String) {
        let sides = line.split(separator: "=", omittingEmptySubsequences: false)
        guard sides.count == 2 else { return nil }
        let numbers = sides[0].split(separator: ":", omittingEmptySubsequences: false)
        guard numbers.count == 2, numbers[0].hasPrefix("0x"), numbers[1].hasPrefix("0x"),
            numbers[0].utf8.count == 6, numbers[1].utf8.count == 4,
            let vendor = UInt16(numbers[0].dropFirst(2), radix: 16),
            let baseClass = UInt8(numbers[1].dropFirst(2), radix: 16), Self.isKind(sides[1])
        else { return nil }
        self.init(vendor: vendor, baseClass: baseClass, name: String(sides[1]))
    }

    /// Whether the text is `vendor/class` as CDI wants it: letters, digits, `_`, `-` and `.`, a letter first and
    /// no punctuation last in either part.
    private static func isKind(_ text: Substring) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                guard let first = part.first, let last = part.last, part.utf8.allSatisfy({ $0 < 0x80 })
                else { return false }
                return first.isLetter && (last.isLetter || last.isNumber)
                    && part.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" || $0 == "." }
            }
    }
}

package import Hypervisor

/// A mediated device (mdev): a share of a device that the device's driver made.
package struct MediatedDevice: Sendable, Equatable {
    /// Its UUID, in lower case as sysfs has it.
    package var uuid: String
    /// The PCI function that it is a share of; nil where the parent is no PCI function.
    package var parent: HostPCIAddress?
    /// Its type, such as `nvidia-63`.
    package var type: String?
    /// What it looks like to a guest: `vfio-pci` for a PCI function.
    package var deviceAPI: String?
    /// The number of its IOMMU group.
    package var group: Int?
    /// The name of its node below `/dev/vfio/devices`.
    package var characterDevice: String?

    /// Makes a device; see the properties.
    package init(
        uuid: String, parent: HostPCIAddress? = nil, type: String? = nil, deviceAPI: String? = nil,
        group: Int? = nil, characterDevice: String? = nil
    ) {
        self.uuid = uuid
        self.parent = parent
        self.type = type
        self.deviceAPI = deviceAPI
        self.group = group
        self.characterDevice = characterDevice
    }

    /// Whether `text` is a UUID in its usual form of 36 characters; only such a text may become part of a path.
    package static func isUUID(_ text: some StringProtocol) -> Bool {
        let fields = text.split(separator: "-", omittingEmptySubsequences: false)
        guard fields.map(\.utf8.count) == [8, 4, 4, 4, 12] else { return false }
        return fields.allSatisfy { $0.utf8.allSatisfy(isHexadecimal) }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}

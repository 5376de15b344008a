package import Configuration
package import Hypervisor
import RuntimeErrors
package import VFIO

/// A device of the host as it was attached to a machine through VFIO.
package struct AttachedDevice: Sendable, Equatable {
    /// Its id in the machine's plan.
    package var id: String
    package var host: HostDevice
    /// Its IOMMU group.
    package var group: Int
    /// Its node below `/dev/vfio/devices`, such as `vfio7`; nil where the host has none.
    package var characterDevice: String?
    /// Its place in the guest.
    package var path: PCIPath
    /// What the guest's kernel will call it; nil where that is the guest's to say.
    package var guestAddress: String?
    package var vendor: UInt16
    /// Base class, subclass and programming interface: 24 bits.
    package var classCode: UInt32
    /// The PCI function that a mediated device is a share of.
    package var parent: HostPCIAddress?

    /// Makes an attached device; see the properties.
    package init(
        id: String, host: HostDevice, group: Int, characterDevice: String? = nil, path: PCIPath,
        guestAddress: String? = nil, vendor: UInt16, classCode: UInt32, parent: HostPCIAddress? = nil
    ) {
        self.id = id
        self.host = host
        self.group = group
        self.characterDevice = characterDevice
        self.path = path
        self.guestAddress = guestAddress
        self.vendor = vendor
        self.classCode = classCode
        self.parent = parent
    }

    /// What was bound for a machine, at its place there; of a mediated device `parent` is what it is a share of.
    package init(
        _ resolved: ResolvedDevice, id: String, path: PCIPath, guestAddress: String?,
        parent: PCIFunction? = nil
    ) {
        let function = resolved.function ?? parent
        self.init(
            id: id, host: resolved.host, group: resolved.group, characterDevice: resolved.characterDevice,
            path: path, guestAddress: guestAddress, vendor: function?.vendor ?? 0,
            classCode: function?.classCode ?? 0, parent: parent?.address)
    }

    /// Whether a request means it: by its group, its own node, its address or its UUID.
    package func fits(_ request: VFIORequest) -> Bool {
        switch request {
        case .group(let number): group == number
        case .characterDevice(let name): characterDevice == name
        case .function(let address): host.address == address
        case .mediated(let uuid): host == .mediated(uuid: uuid)
        }
    }

    /// The address by which containers know it on the host.
    package var hostAddress: HostPCIAddress? { host.address ?? parent }

    /// Its kind in the guest's CDI; nil when no line of `cdi_kinds` fits.
    package func kind(among kinds: [DeviceKind]) -> String? {
        let baseClass = UInt8(truncatingIfNeeded: classCode >> 16)
        return kinds.first { $0.vendor == vendor && $0.baseClass == baseClass }?.name
    }
}

extension ResolvedDevice {
    /// The name of its own node; a device that is opened by its group may have one all the same.
    fileprivate var characterDevice: String? {
        guard let name = node?.split(separator: "/").last.map(String.init),
            PCIHost.number(ofCharacterDevice: name) != nil
        else { return function?.characterDevice }
        return name
    }
}

extension AttachedDevice: CustomStringConvertible {
    /// `0000:65:00.0 (group 42)`, as messages list it.
    package var description: String { "\(host) (group \(group))" }
}

package import Linux
package import OCI
package import VFIO

/// A device of the host that somebody asks for, by what names it there.
package enum DeviceRequest: Sendable, Hashable {
    /// An IOMMU group or a VFIO character device.
    case vfio(VFIORequest)
    /// `/dev/vfio/vfio`, by which groups are used: no device.
    case vfioContainer
    /// `/dev/iommu`, by which VFIO character devices are used: no device.
    case iommu
    /// A USB device by its bus and its number there, which change with every plugging.
    case usb(bus: Int, device: Int)
    case block(DeviceNumber)
    /// Any other character device.
    case character(DeviceNumber)

    /// What the host's node of that path and number stands for; the kind of a character device is in its path.
    package init(_ kind: FileStatus.Kind, _ number: DeviceNumber, hostPath: String) {
        guard kind == .characterDevice else {
            self = .block(number)
            return
        }
        let names = hostPath.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(
            String.init)
        switch names.count {
        case 2 where names == ["dev", "iommu"]: self = .iommu
        case 3 where names == ["dev", "vfio", "vfio"]: self = .vfioContainer
        case 3 where names.starts(with: ["dev", "vfio"]):
            self = Self.number(names[2]).map { .vfio(.group($0)) } ?? .character(number)
        case 4 where names.starts(with: ["dev", "vfio", "devices"]):
            let isDevice = PCIHost.number(ofCharacterDevice: names[3]) != nil
            self = isDevice ? .vfio(.characterDevice(names[3])) : .character(number)
        case 5 where names.starts(with: ["dev", "bus", "usb"]):
            let bus = Self.number(names[3])
            let device = Self.number(names[4])
            self = if let bus, let device { .usb(bus: bus, device: device) } else { .character(number) }
        default:
            self = .character(number)
        }
    }

    /// A device as ``Preflight`` wants it; nil for what does not go through VFIO.
    package var vfio: VFIORequest? {
        if case .vfio(let request) = self { request } else { nil }
    }

    /// A number as the kernel writes it in the name of a node: digits only.
    private static func number(_ text: String) -> Int? {
        guard (1...9).contains(text.utf8.count),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int(text)
    }
}

/// A device that is asked for, and where.
package struct RequestedDevice: Sendable, Equatable {
    /// Where a device is asked for.
    package enum Origin: Sendable, Hashable {
        /// `linux.devices` of the spec, by position.
        case node(Int)
        /// A bind mount of the spec, by position.
        case mount(Int)
        /// A CDI annotation, by its key.
        case annotation(String)
        /// The kubelet, by the name that it gives the device.
        case kubelet(String)
    }

    /// What it is.
    package var request: DeviceRequest
    /// Its node on the host.
    package var hostPath: String
    /// The node as the container has it.
    package var node: DeviceNode
    package var origin: Origin

    /// Makes a request; see the properties.
    package init(request: DeviceRequest, hostPath: String, node: DeviceNode, origin: Origin) {
        self.request = request
        self.hostPath = hostPath
        self.node = node
        self.origin = origin
    }
}

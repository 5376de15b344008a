import Hypervisor

/// Intel's IOMMU, before any device that is behind it.
///
/// Caching mode is how it hears of the guest's mappings, which a host device needs. The machine's virtio devices
/// stay in front of it: their daemons know nothing of one.
struct IOMMUSwitch: QEMUSwitch {
    var arguments: [String] {
        OptionSwitch(
            "-device", "intel-iommu",
            [
                QEMUOption("intremap", true), QEMUOption("device-iotlb", true),
                QEMUOption("caching-mode", true),
            ]
        ).arguments
    }
}

/// The host's iommufd, for all host devices that use it.
struct IOMMUFDSwitch: QEMUSwitch {
    static let id = "iommufd"

    /// `/dev/iommu`, inherited; nil when the process opens it.
    var descriptor: Int32?

    var arguments: [String] {
        var options = [QEMUOption("id", Self.id)]
        if let descriptor { options.append(QEMUOption("fd", descriptor)) }
        return OptionSwitch("-object", "iommufd", options).arguments
    }
}

/// A host device behind VFIO.
struct PassthroughSwitch: QEMUSwitch {
    var id: String
    var place: BusPlace
    var device: PassthroughDevice
    /// Its node below `/dev/vfio/devices`, inherited; it says which device that is.
    var descriptor: Int32?

    var arguments: [String] {
        var options = [QEMUOption("id", id)] + place.options
        if device.isMultifunction { options.append(QEMUOption("multifunction", true)) }
        if let descriptor {
            options.append(QEMUOption("fd", descriptor))
        } else if case .pci(let address) = device.host {
            options.append(QEMUOption("host", address.description))
        } else {
            options.append(QEMUOption("sysfsdev", device.host.sysfsPath))
        }
        if device.access != .group { options.append(QEMUOption("iommufd", IOMMUFDSwitch.id)) }
        return OptionSwitch("-device", "vfio-pci", options).arguments
    }
}

/// An emulated USB 3 controller with the host's devices on it.
///
/// A device is named by its node, which QEMU opens at once or fails. Named by bus and port it would be looked for
/// again and again, by a process that sees no nodes any more, and a machine would start without it.
struct USBSwitches: QEMUSwitch {
    /// How QEMU gets at a device's node.
    enum Node: Sendable {
        case path(String)
        /// Opened, by number; a set of descriptors is what has a path of its own.
        case inherited(Int32)
    }

    var id: String
    var place: BusPlace
    var nodes: [Node]

    var arguments: [String] {
        var controller = [QEMUOption("id", id)] + place.options
        // The default is 4 of either speed.
        if nodes.count > 4 {
            controller += [QEMUOption("p2", nodes.count), QEMUOption("p3", nodes.count)]
        }
        var arguments = OptionSwitch("-device", "qemu-xhci", controller).arguments
        for (index, node) in nodes.enumerated() {
            let path: String
            switch node {
            case .path(let node): path = node
            case .inherited(let descriptor):
                arguments +=
                    OptionSwitch(
                        "-add-fd", nil, [QEMUOption("fd", descriptor), QEMUOption("set", descriptor)]
                    ).arguments
                path = "/dev/fdset/\(descriptor)"
            }
            arguments +=
                OptionSwitch(
                    "-device", "usb-host",
                    [
                        QEMUOption("id", "\(id)-\(index)"), QEMUOption("bus", "\(id).0"),
                        QEMUOption("hostdevice", path),
                    ]
                ).arguments
        }
        return arguments
    }
}

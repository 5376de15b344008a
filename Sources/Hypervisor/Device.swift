/// A device of the machine with its name and its place.
package struct PlannedDevice: Sendable, Equatable {
    /// Unique in the plan: a letter, then letters, digits, `-` or `_`.
    package var id: String
    /// Its place in the guest's PCI tree.
    package var path: PCIPath
    /// What it is.
    package var device: Device

    /// Makes a placed device.
    package init(id: String, path: PCIPath, device: Device) {
        self.id = id
        self.path = path
        self.device = device
    }
}

/// What a device is, in the host's terms.
package enum Device: Sendable, Equatable {
    /// The guest's console, written to a bounded file by the shim.
    case console(ConsoleDevice)
    /// A source of entropy, fed by the host.
    case entropy(EntropyDevice)
    /// A host folder that a vhost-user daemon serves as virtio-fs.
    case share(SharedFolder)
    /// The vsock through which the agent is reached.
    case vsock(VsockDevice)
    /// A raw disk.
    case block(BlockDevice)
    /// A host device handed to the guest through VFIO.
    case passthrough(PassthroughDevice)
    /// An emulated USB controller with devices of the host on it.
    case usb([USBDevice])
    /// Tells the host at once that the guest's kernel has panicked.
    case panicNotifier

    /// The word that names the kind in a printed plan.
    package var kind: String {
        switch self {
        case .console: "console"
        case .entropy: "entropy"
        case .share: "share"
        case .vsock: "vsock"
        case .block: "block"
        case .passthrough: "passthrough"
        case .usb: "usb"
        case .panicNotifier: "panicNotifier"
        }
    }
}

extension PlannedDevice: Codable {
    private enum Key: String, CodingKey {
        case id
        // Beside it lie the fields of the kind, and a disk has a `path` of its own.
        case path = "pciPath"
        case kind
        case devices
    }

    /// Reads the flat form that `encode` writes.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        id = try container.decode(String.self, forKey: .id)
        path = try container.decode(PCIPath.self, forKey: .path)
        switch try container.decode(String.self, forKey: .kind) {
        case "console": device = .console(try ConsoleDevice(from: decoder))
        case "entropy": device = .entropy(try EntropyDevice(from: decoder))
        case "share": device = .share(try SharedFolder(from: decoder))
        case "vsock": device = .vsock(try VsockDevice(from: decoder))
        case "block": device = .block(try BlockDevice(from: decoder))
        case "passthrough": device = .passthrough(try PassthroughDevice(from: decoder))
        case "usb": device = .usb(try container.decode([USBDevice].self, forKey: .devices))
        case "panicNotifier": device = .panicNotifier
        case let kind:
            throw DecodingError.dataCorruptedError(
                forKey: .kind, in: container, debugDescription: "'\(kind)' is no kind of device")
        }
    }

    /// Writes one flat object: `id`, `pciPath`, `kind` and the fields of that kind.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(id, forKey: .id)
        try container.encode(path, forKey: .path)
        try container.encode(device.kind, forKey: .kind)
        switch device {
        case .console(let console): try console.encode(to: encoder)
        case .share(let share): try share.encode(to: encoder)
        case .vsock(let vsock): try vsock.encode(to: encoder)
        case .block(let block): try block.encode(to: encoder)
        case .passthrough(let passthrough): try passthrough.encode(to: encoder)
        case .entropy(let entropy): try entropy.encode(to: encoder)
        case .usb(let devices): try container.encode(devices, forKey: .devices)
        case .panicNotifier: break
        }
    }
}

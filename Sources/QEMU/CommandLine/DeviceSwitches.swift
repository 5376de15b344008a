import Hypervisor

/// Where a device goes: the bus and the address on it, spelled out for every device.
struct BusPlace: Sendable {
    /// `pcie.0` or the id of a port.
    var bus: String
    var address: PCIAddress

    var options: [QEMUOption] {
        [QEMUOption("bus", bus), QEMUOption("addr", "0x\(address)")]
    }
}

/// `-device` of one of the three kinds of PCI bridges.
struct PortSwitch: QEMUSwitch {
    var port: PCIPort
    var place: BusPlace

    var arguments: [String] {
        let head = [QEMUOption("id", port.id)] + place.options
        var number = [QEMUOption("chassis", port.chassis), QEMUOption("slot", port.slot)]
        if !port.isHotPluggable { number.append(QEMUOption("hotplug", false)) }
        switch port.kind {
        case .root: return OptionSwitch("-device", "pcie-root-port", head + number).arguments
        case .switchUpstream: return OptionSwitch("-device", "x3130-upstream", head).arguments
        case .switchDownstream: return OptionSwitch("-device", "xio3130-downstream", head + number).arguments
        }
    }
}

/// The guest's `hvc0`: a socket pair's end that QEMU inherits, and the port on it.
struct ConsoleSwitches: QEMUSwitch {
    var id: String
    var place: BusPlace
    var descriptor: Int32
    /// Whether a serial port writes to the same descriptor until the console is up.
    var early: Bool

    var arguments: [String] {
        var backend = [QEMUOption("id", "\(id)-chardev"), QEMUOption("fd", descriptor)]
        if early { backend.append(QEMUOption("mux", true)) }
        var arguments = OptionSwitch("-chardev", "socket", backend).arguments
        arguments +=
            OptionSwitch(
                "-device", "virtio-serial-pci",
                [QEMUOption("id", "\(id)-bus")] + place.options
                    + [QEMUOption("disable-legacy", true), QEMUOption("max_ports", 1)]
            ).arguments
        arguments +=
            OptionSwitch(
                "-device", "virtconsole", [QEMUOption("id", id), QEMUOption("chardev", "\(id)-chardev")]
            ).arguments
        if early { arguments += ["-serial", "chardev:\(id)-chardev"] }
        return arguments
    }
}

/// Entropy from the host. Its kernel's own generator is read with getrandom(2), for which no file has to be
/// open; any other source is a file that is opened before the process loses its root.
struct EntropySwitches: QEMUSwitch {
    var id: String
    var place: BusPlace
    var entropy: EntropyDevice

    private var source: OptionSwitch {
        let id = QEMUOption("id", "\(id)-source")
        guard entropy.sourcePath != EntropyDevice.hostGenerator else {
            return OptionSwitch("-object", "rng-builtin", [id])
        }
        return OptionSwitch("-object", "rng-random", [id, QEMUOption("filename", entropy.sourcePath)])
    }

    var arguments: [String] {
        source.arguments
            + OptionSwitch(
                "-device", "virtio-rng-pci",
                [QEMUOption("id", id)] + place.options
                    + [QEMUOption("disable-legacy", true), QEMUOption("rng", "\(id)-source")]
            ).arguments
    }
}

/// A virtio-fs device on an inherited connection to its daemon.
struct ShareSwitches: QEMUSwitch {
    var id: String
    var place: BusPlace
    var descriptor: Int32
    var share: SharedFolder

    var arguments: [String] {
        vhostUserChardev(id, descriptor)
            + OptionSwitch(
                "-device", "vhost-user-fs-pci",
                [QEMUOption("id", id)] + place.options
                    + [
                        QEMUOption("chardev", "\(id)-chardev"), QEMUOption("tag", share.tag),
                        QEMUOption("queue-size", share.queueSize),
                    ]
            ).arguments
    }
}

/// The vsock device over the host kernel's vhost, or over a daemon.
struct VsockSwitches: QEMUSwitch {
    /// What carries the packets.
    enum Carrier: Sendable {
        /// The opened `/dev/vhost-vsock`.
        case kernel(descriptor: Int32, cid: UInt32)
        /// A connection to a vhost-user daemon, which knows the address.
        case daemon(descriptor: Int32)
    }

    var id: String
    var place: BusPlace
    var carrier: Carrier

    var arguments: [String] {
        let common = [QEMUOption("id", id)] + place.options
        switch carrier {
        case .kernel(let descriptor, let cid):
            return OptionSwitch(
                "-device", "vhost-vsock-pci",
                common + [QEMUOption("guest-cid", cid), QEMUOption("vhostfd", descriptor)]
            ).arguments
        case .daemon(let descriptor):
            return vhostUserChardev(id, descriptor)
                + OptionSwitch(
                    "-device", "vhost-user-vsock-pci",
                    common + [QEMUOption("chardev", "\(id)-chardev")]
                ).arguments
        }
    }
}

/// A raw disk: the format is said, never guessed.
struct BlockSwitches: QEMUSwitch {
    var id: String
    var place: BusPlace
    var disk: BlockDevice

    var arguments: [String] {
        var device =
            [QEMUOption("id", id)] + place.options
            + [QEMUOption("disable-legacy", true), QEMUOption("drive", "\(id)-raw")]
        if let serial = disk.serial { device.append(QEMUOption("serial", serial)) }
        return OptionSwitch(
            "-blockdev", nil,
            [
                QEMUOption("driver", "raw"), QEMUOption("node-name", "\(id)-raw"),
                QEMUOption("read-only", disk.readOnly),
                QEMUOption("file.driver", disk.isHostDevice ? "host_device" : "file"),
                QEMUOption("file.filename", disk.path),
            ]
        ).arguments + OptionSwitch("-device", "virtio-blk-pci", device).arguments
    }
}

/// `pvpanic-pci`: found by the guest on every machine type, unlike its ISA sister.
struct PanicNotifierSwitch: QEMUSwitch {
    var id: String
    var place: BusPlace

    var arguments: [String] {
        OptionSwitch("-device", "pvpanic-pci", [QEMUOption("id", id)] + place.options).arguments
    }
}

private func vhostUserChardev(_ id: String, _ descriptor: Int32) -> [String] {
    OptionSwitch("-chardev", "socket", [QEMUOption("id", "\(id)-chardev"), QEMUOption("fd", descriptor)])
        .arguments
}

package import Hypervisor
package import Linux

/// All devices of the host that a machine was started with.
package struct AttachedDevices: Sendable, Equatable {
    package var vfio: [AttachedDevice]
    package var usb: [USBDevice]
    package var disks: [AttachedDisk]

    /// Makes a list; see the properties.
    package init(vfio: [AttachedDevice] = [], usb: [USBDevice] = [], disks: [AttachedDisk] = []) {
        self.vfio = vfio
        self.usb = usb
        self.disks = disks
    }

    /// Whether a USB device is among them.
    func hasUSB(bus: Int, device: Int) -> Bool {
        usb.contains { attached in
            let numbers = attached.node.split(separator: "/").suffix(2).map { Int($0) }
            return numbers == [bus, device]
        }
    }

    /// The disk that a block device became.
    func disk(_ number: DeviceNumber) -> AttachedDisk? {
        disks.first { $0.number == number }
    }
}

/// A block device of the host that a machine has as a disk.
package struct AttachedDisk: Sendable, Equatable {
    /// Its id in the machine's plan.
    package var id: String
    /// Its number on the host.
    package var number: DeviceNumber
    /// Its place in the guest.
    package var path: PCIPath

    /// Makes an attached disk; see the properties.
    package init(id: String, number: DeviceNumber, path: PCIPath) {
        self.id = id
        self.number = number
        self.path = path
    }
}

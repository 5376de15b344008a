package import Linux
package import RuntimeErrors

/// Disks of this machine by the PCI functions that they are.
package struct GuestDisk: Sendable {
    /// Where the disk's driver is, unless the kernel has it built in or something else has loaded it.
    static let modules = "/lib/modules/swiftlet-disk"

    private let roots: HostRoots
    private let reader = SysfsReader()

    /// The disks below the roots of a machine.
    package init(_ roots: HostRoots) {
        self.roots = roots
    }

    /// Loads the driver of virtio disks if there is none yet.
    package func loadDriver() throws {
        guard !reader.exists("\(roots.sys)/bus/virtio/drivers/virtio_blk") else { return }
        try Machine.loadModules(in: roots.path(Self.modules))
    }

    /// The number of the virtio disk of a function; nil while the kernel has none.
    package func number(of address: PCIFunctionAddress) throws(RuntimeError) -> DeviceNumber? {
        let function = PCITree(roots).folder(of: address)
        do throws(Errno) {
            for device in try reader.entries(function) where device.utf8.starts(with: "virtio".utf8) {
                let folder = "\(function)/\(device)/block"
                for name in try reader.entries(folder) {
                    if let number = DeviceNumber(parsing: try reader.attribute("\(folder)/\(name)/dev")) {
                        return number
                    }
                }
            }
            return nil
        } catch {
            throw RuntimeError(error, "can't find the disk of the guest's PCI function '\(address)'")
        }
    }
}

extension DeviceNumber {
    /// Reads `253:16`, an attribute `dev` of sysfs.
    init?(parsing text: String?) {
        let parts = (text ?? "").split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = UInt32(parts[0]), let minor = UInt32(parts[1]) else { return nil }
        self.init(major: major, minor: minor)
    }
}

package import Hypervisor
import Linux

/// What a fake host is made of, laid out as sysfs lays it out: the devices are below `/sys/devices`, everything else
/// is links to them.
extension FakeHost {
    /// `/sys/bus/pci/devices/<address>`.
    package func folder(_ address: HostPCIAddress) -> String { "\(roots.sys)/bus/pci/devices/\(address)" }

    /// Registers a PCI driver; `vfio-pci` brings `/dev/vfio/vfio`, `/dev/iommu` and, unless told, the device nodes.
    package func addDriver(_ name: String, characterDevices: Bool = true) throws {
        for attribute in ["bind", "unbind", "new_id"] {
            try write("", to: "\(roots.sys)/bus/pci/drivers/\(name)/\(attribute)")
        }
        guard name == "vfio-pci" else { return }
        try write("", to: "\(roots.dev)/vfio/vfio")
        guard characterDevices else { return }
        try write("", to: "\(roots.dev)/iommu")
        try makeFolder("\(roots.dev)/vfio/devices")
        try makeFolder("\(roots.sys)/class/vfio-dev")
    }

    /// Adds a function, with its driver if that is new, bound as it says.
    package func add(_ function: FakeFunction) throws {
        let address = function.address
        let bus = "\(address)".split(separator: ":").dropLast().joined(separator: ":")
        let path = "\(roots.sys)/devices/pci\(bus)/\(address)"
        func set(_ name: String, _ text: String) throws { try write("\(text)\n", to: "\(path)/\(name)") }
        try set("vendor", hexadecimal(function.vendor, 4))
        try set("device", hexadecimal(function.device, 4))
        try set("class", hexadecimal(function.classCode, 6))
        try set("driver_override", function.driverOverride ?? "(null)")
        try set("numa_node", "\(function.numaNode)")
        try set("resource", function.resource.joined(separator: "\n"))
        try write(String(repeating: "\0", count: function.isExpress ? 4096 : 256), to: "\(path)/config")
        if let methods = function.resetMethods { try set("reset_method", methods) }
        if let isBootDisplay = function.isBootDisplay { try set("boot_vga", isBootDisplay ? "1" : "0") }
        if let type = function.currentVGPUType { try set("nvidia/current_vgpu_type", "\(type)") }
        try write("", to: "\(roots.sys)/bus/pci/drivers_probe")
        try link(folder(address), to: path)
        if let group = function.group { try join(group, path, name: "\(address)") }
        // What the kernel knows and sysfs does not show: the driver that matches, and what that driver makes.
        try write(function.driver ?? "", to: kernel(address, "driver"))
        try write(function.interfaces.joined(separator: "\n"), to: kernel(address, "interfaces"))
        if let driver = function.driver { try addDriverIfNew(driver) }
        if let driver = function.boundTo ?? function.driver {
            try addDriverIfNew(driver)
            try FakeKernel(self).attach(address, to: driver)
        }
    }

    /// Makes `functions` virtual functions of `parent`, and adds them.
    package func addVirtualFunctions(_ functions: [FakeFunction], of parent: HostPCIAddress) throws {
        let folder = try realPath(folder(parent))
        try write("\(functions.count)\n", to: "\(folder)/sriov_numvfs")
        try write("\(functions.count)\n", to: "\(folder)/sriov_totalvfs")
        for (index, function) in functions.enumerated() {
            try add(function)
            let path = try realPath(self.folder(function.address))
            try link("\(path)/physfn", to: folder)
            try link("\(folder)/virtfn\(index)", to: path)
        }
    }

    /// Adds a mediated device of `parent`, with its node in `/dev/vfio`.
    package func addMediatedDevice(
        _ uuid: String, of parent: HostPCIAddress, type: String = "nvidia-63", group: Int,
        deviceAPI: String = "vfio-pci"
    ) throws {
        let folder = try realPath(folder(parent))
        let path = "\(folder)/\(uuid)"
        try write("\(deviceAPI)\n", to: "\(folder)/mdev_supported_types/\(type)/device_api")
        try write("", to: "\(path)/remove")
        try link("\(path)/mdev_type", to: "\(folder)/mdev_supported_types/\(type)")
        try link("\(roots.sys)/bus/mdev/devices/\(uuid)", to: path)
        try join(group, path, name: uuid)
        try write("", to: "\(roots.dev)/vfio/\(group)")
        try FakeKernel(self).makeCharacterDevice(in: path)
    }

    /// Says that an interface is up (or down), and has the default route.
    package func setInterface(_ name: String, isUp: Bool, hasDefaultRoute: Bool = false) throws {
        let path = "\(roots.sys)/class/net/\(name)"
        try write(isUp ? "0x1003\n" : "0x1002\n", to: "\(try realPath(path))/flags")
        guard hasDefaultRoute else { return }
        try write(
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
                + "\(name)\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n",
            to: "\(roots.proc)/net/route")
    }

    /// Adds a block device of a function, with one partition; `mountedAt` mounts the partition.
    package func addBlockDevice(
        _ name: String, of address: HostPCIAddress, minor: Int = 0, mountedAt: String? = nil,
        holder: String? = nil
    ) throws {
        let path = "\(try realPath(folder(address)))/virtio0/block/\(name)"
        try write("252:\(minor)\n", to: "\(path)/dev")
        try makeFolder("\(path)/holders")
        try write("252:\(minor + 1)\n", to: "\(path)/\(name)1/dev")
        try makeFolder("\(path)/\(name)1/holders")
        try link("\(roots.sys)/class/block/\(name)", to: path)
        if let holder { try makeFolder("\(path)/\(name)1/holders/\(holder)") }
        guard let mountedAt else { return }
        let line = "36 35 252:\(minor + 1) / \(mountedAt) rw,noatime shared:1 - ext4 /dev/\(name)1 rw\n"
        try write(line, to: "\(roots.proc)/self/mountinfo")
    }

    /// A file in which the fake kernel keeps what sysfs does not show.
    func kernel(_ address: HostPCIAddress, _ name: String) -> String {
        "\(roots.prefix)/kernel/\(address)/\(name)"
    }

    private func addDriverIfNew(_ name: String) throws {
        guard (try? realPath("\(roots.sys)/bus/pci/drivers/\(name)")) == nil else { return }
        try addDriver(name)
    }

    private func join(_ group: Int, _ path: String, name: String) throws {
        let folder = "\(roots.sys)/kernel/iommu_groups/\(group)"
        try write("DMA\n", to: "\(folder)/type")
        try link("\(path)/iommu_group", to: folder)
        try link("\(folder)/devices/\(name)", to: path)
    }

    private func hexadecimal(_ number: Int, _ digits: Int) -> String {
        let text = String(number, radix: 16)
        return "0x" + String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}

import Hypervisor
import Linux
import VFIO

/// What drivers make when they get a function, and take away when they lose it.
extension FakeKernel {
    /// Binds a function to a driver.
    func attach(_ address: HostPCIAddress, to driver: String) throws {
        let path = try host.realPath(host.folder(address))
        let folder = "\(host.roots.sys)/bus/pci/drivers/\(driver)"
        try host.link("\(path)/driver", to: folder)
        try host.link("\(folder)/\(address)", to: path)
        if PCIFunction.isVFIODriver(driver) {
            if let group = group(path) { try host.write("", to: "\(host.roots.dev)/vfio/\(group)") }
            try makeCharacterDevice(in: path)
            return
        }
        for name in try host.read(host.kernel(address, "interfaces")).split(separator: "\n") {
            try host.write("0x1002\n", to: "\(path)/net/\(name)/flags")
            try host.link("\(host.roots.sys)/class/net/\(name)", to: "\(path)/net/\(name)")
        }
    }

    /// Unbinds a function from its driver.
    func detach(_ address: HostPCIAddress, from driver: String) throws {
        let path = try host.realPath(host.folder(address))
        try host.remove("\(host.roots.sys)/bus/pci/drivers/\(driver)/\(address)")
        try host.remove("\(path)/driver")
        for name in names(in: "\(path)/vfio-dev") {
            try host.remove("\(host.roots.sys)/class/vfio-dev/\(name)")
            try host.remove("\(host.roots.dev)/vfio/devices/\(name)")
        }
        try host.remove("\(path)/vfio-dev")
        for name in names(in: "\(path)/net") { try host.remove("\(host.roots.sys)/class/net/\(name)") }
        try host.remove("\(path)/net")
        guard PCIFunction.isVFIODriver(driver), let group = group(path) else { return }
        let members = "\(host.roots.sys)/kernel/iommu_groups/\(group)/devices"
        let others = names(in: members).compactMap { try? host.realPath("\(members)/\($0)/driver") }
        let isLast = !others.contains {
            PCIFunction.isVFIODriver($0.split(separator: "/").last.map(String.init) ?? "")
        }
        if isLast { try host.remove("\(host.roots.dev)/vfio/\(group)") }
    }

    /// Gives the device at `path` the lowest free node below `/dev/vfio/devices`, where the host has those at all.
    func makeCharacterDevice(in path: String) throws {
        let folder = "\(host.roots.sys)/class/vfio-dev"
        guard (try? host.realPath(folder)) != nil else { return }
        let taken = Set(names(in: folder))
        guard let name = (0...taken.count).map({ "vfio\($0)" }).first(where: { !taken.contains($0) }) else {
            return
        }
        try host.makeFolder("\(path)/vfio-dev/\(name)")
        try host.link("\(folder)/\(name)", to: "\(path)/vfio-dev/\(name)")
        try host.write("", to: "\(host.roots.dev)/vfio/devices/\(name)")
    }

    private func group(_ path: String) -> String? {
        (try? host.realPath("\(path)/iommu_group"))?.split(separator: "/").last.map(String.init)
    }

    private func names(in folder: String) -> [String] {
        guard let opened = try? openDescriptor(folder, flags: pathOnly) else { return [] }
        return (try? folderEntries(of: opened.raw).map(\.name).sorted()) ?? []
    }
}

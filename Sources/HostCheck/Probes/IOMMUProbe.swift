import Glibc
import Linux
import Sandbox

/// The IOMMU, which devices that are passed through need.
struct IOMMUProbe: HostProbe {
    func row(on host: CheckHost) -> CheckRow {
        let groups = Self.count("\(host.roots.sys)/kernel/iommu_groups")
        let vfio = host.exists("\(host.roots.dev)/vfio/vfio") ? ", /dev/vfio/vfio" : ""
        return CheckRow("iommu", .ok, (groups == 0 ? "none" : "\(groups) groups") + "\(vfio); not needed")
    }

    private static func count(_ folder: String) -> Int {
        guard let descriptor = try? openDescriptor(folder, flags: O_RDONLY | O_DIRECTORY),
            let entries = try? folderEntries(of: descriptor.raw)
        else { return 0 }
        return entries.count
    }
}

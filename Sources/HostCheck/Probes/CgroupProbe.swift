import Glibc
import Linux
import RuntimeErrors
import Sandbox

/// The cgroup hierarchy that holds a sandbox's processes.
struct CgroupProbe: HostProbe {
    func row(on host: CheckHost) -> CheckRow {
        let name = "cgroups"
        let root = "\(host.roots.sys)/fs/cgroup"
        let hierarchy: CgroupHierarchy
        do {
            hierarchy = try CgroupHierarchy.find(root: root)
        } catch {
            return CheckRow(
                name, .missing, required: true,
                "neither cgroup2 nor the v1 freezer is mounted below '\(root)'",
                advice: "mount cgroup2 at '\(root)'")
        }
        let kind =
            switch hierarchy.version {
            case .unified: hierarchy.path == root ? "cgroup2" : "cgroup2 beside v1"
            case .freezer: "v1 freezer"
            }
        let controllers = host.text("\(hierarchy.path)/cgroup.controllers") ?? ""
        let found =
            "\(kind) at '\(hierarchy.path)'"
            + (controllers.isEmpty ? "" : ", controllers \(controllers)")
        if let error = refusal(hierarchy.path, W_OK) {
            return CheckRow(
                name, .missing, required: true, "\(found), where no cgroup can be made: \(error)",
                advice: error == .EROFS ? "mount it writable" : "run this as root, as containerd runs")
        }
        return CheckRow(name, .ok, required: true, found)
    }
}

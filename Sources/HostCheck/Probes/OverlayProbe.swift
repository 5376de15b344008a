import Linux
import Sandbox

/// The overlay file system, which containerd's usual snapshotter is made of.
struct OverlayProbe: HostProbe {
    func row(on host: CheckHost) -> CheckRow {
        let name = "overlayfs"
        let types = (host.text("\(host.roots.proc)/filesystems") ?? "").split(separator: "\n")
        guard types.contains(where: { $0.hasSuffix("\toverlay") }) else {
            return CheckRow(
                name, .warning, "the kernel does not have it now",
                advice: "load the module overlay, or use another snapshotter of containerd")
        }
        return CheckRow(name, .ok, "the kernel has it")
    }
}

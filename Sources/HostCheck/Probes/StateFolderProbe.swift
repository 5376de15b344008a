import Glibc
import Linux
import Sandbox

/// The folder of the sandboxes' folders.
struct StateFolderProbe: HostProbe {
    func row(on host: CheckHost) -> CheckRow {
        let name = "state-folder"
        let folder = host.roots.run
        let parent = folder.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        let place = host.exists(folder) ? folder : parent
        if let error = refusal(place, W_OK | X_OK) {
            return CheckRow(
                name, .missing, required: true, "'\(place)' cannot be written: \(error)",
                advice: error == .EACCES
                    ? "run this as root, as containerd runs" : "mount a writable tmpfs at '\(parent)'")
        }
        return CheckRow(name, .ok, required: true, "'\(folder)'" + (place == folder ? "" : " can be made"))
    }
}

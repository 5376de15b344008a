import Linux
import RuntimeErrors
import Sandbox

/// Whether mounts that are made later on the host travel on. A sandbox's own mounts are detached either way.
struct PropagationProbe: HostProbe {
    func row(on host: CheckHost) -> CheckRow {
        let name = "mount-propagation"
        do {
            let table = try MountTable.read("\(host.roots.proc)/self/mountinfo")
            guard let root = table.entries.last(where: { $0.mountPoint == "/" }) else {
                return CheckRow(name, .unknown, "the mount table has no root")
            }
            let words = root.propagation.isEmpty ? "private" : root.propagation.joined(separator: " ")
            return CheckRow(name, .ok, "/ is \(words); either will do")
        } catch {
            return CheckRow(name, .unknown, error.description, advice: "mount /proc")
        }
    }
}

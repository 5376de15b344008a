import Linux
import Sandbox

/// User namespaces: nothing of a sandbox on the host uses them.
struct UserNamespacesProbe: HostProbe {
    func row(on host: CheckHost) -> CheckRow {
        let name = "user-namespaces"
        guard host.exists("\(host.roots.proc)/self/ns/user") else {
            return CheckRow(name, .ok, "none; not needed")
        }
        let most = host.number("\(host.roots.proc)/sys/user/max_user_namespaces")
        return CheckRow(name, .ok, "at most \(most.map(String.init) ?? "an unknown number"); not needed")
    }
}

import Linux
import Sandbox

/// The namespaces that a sandbox's processes get, made for a moment in a child.
struct NamespacesProbe: HostProbe {
    private static let kinds = ["mnt", "net", "ipc", "pid"]

    func row(on host: CheckHost) -> CheckRow {
        let name = "namespaces"
        for kind in Self.kinds where !host.exists("\(host.roots.proc)/self/ns/\(kind)") {
            return CheckRow(
                name, .missing, required: true, "the kernel has no \(kind) namespaces",
                advice: "use a kernel with namespaces")
        }
        for kind in Self.kinds
        where host.number("\(host.roots.proc)/sys/user/max_\(kind)_namespaces") == 0 {
            return CheckRow(
                name, .missing, required: true, "no \(kind) namespace may be made",
                advice: "raise user.max_\(kind)_namespaces by sysctl")
        }
        if let error = host.kernel.makeNamespaces([.mount, .network, .ipc]) {
            return CheckRow(
                name, .missing, required: true, "cannot be made: \(error)",
                advice: error == .EPERM
                    ? "run this as root with CAP_SYS_ADMIN" : "look at user.max_*_namespaces of sysctl")
        }
        return CheckRow(name, .ok, required: true, "mount, network, IPC and process namespaces")
    }
}

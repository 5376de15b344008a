import Linux
import Sandbox

/// System call filters, which QEMU and virtiofsd put on themselves.
struct SeccompProbe: HostProbe {
    func row(on host: CheckHost) -> CheckRow {
        let name = "seccomp"
        let actions = host.text("\(host.roots.proc)/sys/kernel/seccomp/actions_avail") ?? ""
        guard actions.split(separator: " ").contains("kill_process") else {
            return CheckRow(
                name, .missing, required: true,
                actions.isEmpty ? "the kernel has no filters" : "the kernel's filters only know \(actions)",
                advice: "use a kernel with CONFIG_SECCOMP_FILTER, Linux 4.14 or newer")
        }
        return CheckRow(name, .ok, required: true, "filters, with \(actions)")
    }
}

import Linux
import SharedFilesystem

/// What the shim may do: it runs as the user that containerd runs as.
struct CapabilitiesProbe: HostProbe {
    /// What the shim itself does, and what virtiofsd is left with.
    static let required = VirtiofsDaemon.capabilities.union([.sysAdmin, .netAdmin])

    private static let names: [(CapabilitySet, String)] = [
        (.chown, "CHOWN"), (.dacOverride, "DAC_OVERRIDE"), (.fowner, "FOWNER"), (.fsetid, "FSETID"),
        (.setgid, "SETGID"), (.setuid, "SETUID"), (.setpcap, "SETPCAP"), (.netAdmin, "NET_ADMIN"),
        (.sysChroot, "SYS_CHROOT"), (.sysAdmin, "SYS_ADMIN"), (.mknod, "MKNOD"), (.setfcap, "SETFCAP"),
    ]

    func row(on host: CheckHost) -> CheckRow {
        let name = "capabilities"
        let lacking = Self.required.subtracting(host.caller.capabilities)
        let user = "user \(host.caller.uid)"
        guard lacking.isEmpty else {
            let words = Self.names.filter { lacking.contains($0.0) }.map { "CAP_\($0.1)" }
            let advice =
                host.caller.uid == 0
                ? "give containerd these capabilities" : "run this as root, as containerd runs"
            return CheckRow(
                name, .missing, required: true, "\(user) lacks \(words.joined(separator: ", "))",
                advice: advice)
        }
        guard host.caller.capabilities.contains(.sysResource) else {
            return CheckRow(
                name, .warning, required: true, "\(user) has all that is needed, but not CAP_SYS_RESOURCE",
                advice: "without it a pod's processes keep the shim's oom score where that is higher")
        }
        return CheckRow(name, .ok, required: true, "\(user) has all that is needed")
    }
}

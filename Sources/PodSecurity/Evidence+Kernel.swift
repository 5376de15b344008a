import OCI

extension Evidence {
    /// Always masked or read-only in a container of any client; newer ones have more.
    private static let masked = [
        "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/sched_debug",
    ]
    private static let readOnly = [
        "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
    ]
    /// Each belongs to a namespace of the pod's; with the additions up to Kubernetes 1.32.
    private static let safeSysctls: Set<String> = [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
    ]
    private static let seLinuxTypes: Set<String> = [
        "container_t", "container_init_t", "container_kvm_t", "container_engine_t",
    ]

    /// A `/proc` without its masks. Baseline allows that in a user namespace.
    func procMount(_ level: PodSecurityStandard) -> Violation? {
        if level == .baseline, isInUserNamespace { return nil }
        let open = Self.masked.filter { !(spec.linux?.maskedPaths ?? []).contains($0) }
        let writable = Self.readOnly.filter { !(spec.linux?.readonlyPaths ?? []).contains($0) }
        let found = [("linux.maskedPaths", open), ("linux.readonlyPaths", writable)].compactMap {
            $1.isEmpty ? nil : "\($0) lacks \(Self.list($1))"
        }
        return found.isEmpty ? nil : Violation(.procMountType, found.joined(separator: ", "))
    }

    /// Sysctls off the safe list; a name may be written with slashes.
    var sysctls: Violation? {
        let names = (spec.linux?.sysctl ?? [:]).keys.sorted()
        let unsafe = names.filter { !Self.safeSysctls.contains(Self.dotted($0)) }
        return unsafe.isEmpty ? nil : Violation(.sysctls, "linux.sysctl has \(Self.list(unsafe))")
    }

    private static func dotted(_ name: String) -> String {
        // `net/ipv4/conf/eth0.1/…`: the first separator says which it is, as with sysctl(8).
        guard name.first(where: { $0 == "." || $0 == "/" }) == "/" else { return name }
        return String(name.map { $0 == "/" ? "." : $0 == "." ? "/" : $0 })
    }

    /// No filter, or one that lets everything pass. Baseline allows a pod that asks for none, which looks like one
    /// that asks for `Unconfined`.
    func seccomp(_ level: PodSecurityStandard) -> Violation? {
        guard let filter = spec.linux?.seccomp else {
            return level == .baseline ? nil : Violation(.seccomp, "linux.seccomp is absent")
        }
        let actions = [filter.defaultAction] + filter.syscalls.map(\.action)
        guard actions.allSatisfy({ $0 == "SCMP_ACT_ALLOW" || $0 == "SCMP_ACT_LOG" }) else { return nil }
        return Violation(.seccomp, "linux.seccomp allows every call")
    }

    /// An AppArmor profile that confines nothing; an empty name is that of a host without AppArmor too.
    var appArmor: Violation? {
        guard spec.process?.apparmorProfile == "unconfined" else { return nil }
        return Violation(.appArmor, "process.apparmorProfile is 'unconfined'")
    }

    /// A label `user:role:type:level` with a user, role or type of the pod's choice; none is no choice.
    var seLinux: Violation? {
        guard let label = spec.process?.selinuxLabel, !label.isEmpty else { return nil }
        let fields = label.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
        if fields.count >= 3, fields[0] == "system_u", fields[1] == "system_r",
            Self.seLinuxTypes.contains(String(fields[2]))
        {
            return nil
        }
        return Violation(.seLinux, "process.selinuxLabel is \(excerpt(label))")
    }
}

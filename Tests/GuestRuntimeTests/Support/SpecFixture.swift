import AgentProtocol

extension TestGuest {
    /// What containerd asks for by default.
    static let capabilities = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL",
        "CAP_AUDIT_WRITE",
    ]

    /// A container as containerd describes it.
    func spec(_ command: [String]) -> AgentSpec {
        var spec = AgentSpec()
        spec.root.path = root
        spec.hostname = "box"
        spec.process.args = command
        spec.process.env = ["PATH=/bin"]
        spec.process.cwd = "/"
        spec.process.noNewPrivileges = true
        spec.process.capabilities.bounding = Self.capabilities
        spec.process.capabilities.effective = Self.capabilities
        spec.process.capabilities.permitted = Self.capabilities
        spec.mounts = [
            mount("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
            mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount(
                "/dev/pts", "devpts", "devpts",
                ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
            mount("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
            mount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
            mount("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
            mount("/run", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount("/sys/fs/cgroup", "cgroup", "cgroup", ["ro", "nosuid", "noexec", "nodev"]),
        ]
        spec.linux.namespaces = ["pid", "ipc", "uts", "mount", "network"].map {
            var namespace = AgentLinuxNamespace()
            namespace.type = $0
            return namespace
        }
        spec.linux.maskedPaths = [
            "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware",
        ]
        spec.linux.readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
        return spec
    }

    func mount(
        _ destination: String, _ type: String, _ source: String, _ options: [String]
    ) -> AgentMount {
        var mount = AgentMount()
        mount.destination = destination
        mount.type = type
        mount.source = source
        mount.options = options
        return mount
    }
}

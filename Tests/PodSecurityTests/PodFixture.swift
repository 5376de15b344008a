import OCI

/// Specifications as containerd's CRI plugin writes them for a pod of Kubernetes, in our own words.
enum PodFixture {
    static let uid = "8d63147f-98da-4834-a96a-dbf6813d5287"
    static let sandbox = String(repeating: "5a", count: 32)
    static let container = String(repeating: "c0", count: 32)

    static func id() throws -> ContainerID { try ContainerID(parsing: container) }
    static func type() throws -> ContainerType { .container(of: try SandboxID(parsing: sandbox)) }

    /// A container that asks for nothing: root, the default capabilities, no filter, and a volume of each usual type.
    static func ordinary(_ change: (inout Spec) -> Void = { _ in }) throws -> Spec {
        try spec(
            process: """
                "user": {"uid": 0, "gid": 0, "additionalGids": [0, 10]}, "args": ["/bin/app"], "cwd": "/",
                "capabilities": {"bounding": \(capabilities), "effective": \(capabilities), "permitted": \(capabilities)},
                "apparmorProfile": "cri-containerd.apparmor.d", "selinuxLabel": "system_u:system_r:container_t:s0:c1,c2",
                "oomScoreAdj": 1000
                """,
            mounts: kernelMounts + podMounts + volumes,
            namespaces: """
                {"type": "pid"}, {"type": "mount"}, {"type": "cgroup"},
                {"type": "ipc", "path": "/proc/4242/ns/ipc"}, {"type": "uts", "path": "/proc/4242/ns/uts"},
                {"type": "network", "path": "/proc/4242/ns/net"}
                """, kind: "container", change)
    }

    /// The same as it is when its author followed the level `restricted`.
    static func hardened(_ change: (inout Spec) -> Void = { _ in }) throws -> Spec {
        try ordinary { spec in
            spec.process?.user = User(uid: 1000, gid: 1000)
            spec.process?.capabilities = Capabilities()
            spec.process?.noNewPrivileges = true
            var filter = Seccomp(defaultAction: "SCMP_ACT_ERRNO")
            filter.syscalls = [SeccompRule(names: ["read", "write"], action: "SCMP_ACT_ALLOW")]
            spec.linux?.seccomp = filter
            change(&spec)
        }
    }

    /// What `privileged: true` makes of it, with `privileged_without_host_devices`, as runtimes with machines have it.
    static func privileged(_ change: (inout Spec) -> Void = { _ in }) throws -> Spec {
        try ordinary { spec in
            let all = everyCapability
            spec.process?.capabilities = Capabilities(bounding: all, effective: all, permitted: all)
            spec.process?.apparmorProfile = ""
            spec.process?.selinuxLabel = ""
            spec.linux?.maskedPaths = []
            spec.linux?.readonlyPaths = []
            spec.linux?.namespaces.removeAll { $0.kind == .cgroup }
            change(&spec)
        }
    }

    /// The sandbox of the pod.
    static func pause(_ change: (inout Spec) -> Void = { _ in }) throws -> Spec {
        try spec(
            process: """
                "user": {"uid": 65535, "gid": 65535}, "args": ["/pause"], "cwd": "/",
                "capabilities": {"bounding": \(capabilities)}, "selinuxLabel": "system_u:system_r:container_t:s0:c1,c2"
                """,
            mounts: kernelMounts + [
                bind("/run/containerd/io.containerd.grpc.v1.cri/sandboxes/\(sandbox)/shm", "/dev/shm")
            ],
            namespaces: """
                {"type": "pid"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"},
                {"type": "network", "path": "/var/run/netns/cni-2b1c"}
                """, kind: "sandbox"
        ) { spec in
            spec.linux?.sysctl = [
                "net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647",
            ]
            change(&spec)
        }
    }

    /// What the kubelet mounts for each usual type of volume, and containerd for those of images.
    static var volumes: [String] {
        [
            bind("\(kubelet)/volumes/kubernetes.io~empty-dir/cache", "/cache"),
            bind(
                "\(kubelet)/volumes/kubernetes.io~projected/kube-api-access-x2k",
                "/var/run/secrets/kubernetes.io/serviceaccount"),
            bind("\(kubelet)/volumes/kubernetes.io~configmap/settings", "/etc/settings"),
            bind("\(kubelet)/volumes/kubernetes.io~secret/keys", "/etc/keys"),
            bind("\(kubelet)/volumes/kubernetes.io~downward-api/info", "/etc/info"),
            bind("\(kubelet)/volumes/kubernetes.io~csi/pvc-1/mount", "/data"),
            bind("\(kubelet)/volumes/kubernetes.io~nfs/share", "/share"),
            bind("\(kubelet)/volume-subpaths/settings/app/0", "/etc/app.conf"),
            bind(
                "/var/lib/containerd/io.containerd.grpc.v1.cri/containers/\(container)/volumes/0123abcd",
                "/var/cache"),
            bind("/run/containerd/io.containerd.grpc.v1.cri/image-volumes/\(sandbox)/sha256:77", "/models"),
        ]
    }

    private static let kubelet = "/var/lib/kubelet/pods/\(uid)"

    private static var podMounts: [String] {
        let state = "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/\(sandbox)"
        return [
            bind("\(kubelet)/etc-hosts", "/etc/hosts"),
            bind("\(kubelet)/containers/app/1f2e3d4c", "/dev/termination-log"),
            bind("\(state)/hostname", "/etc/hostname"),
            bind("\(state)/resolv.conf", "/etc/resolv.conf"),
            bind("/run/containerd/io.containerd.grpc.v1.cri/sandboxes/\(sandbox)/shm", "/dev/shm"),
        ]
    }

    private static let kernelMounts = [
        ("proc", "/proc"), ("tmpfs", "/dev"), ("devpts", "/dev/pts"), ("mqueue", "/dev/mqueue"),
        ("sysfs", "/sys"),
        ("cgroup", "/sys/fs/cgroup"),
    ].map {
        #"{"destination": "\#($1)", "type": "\#($0)", "source": "\#($0)", "options": ["nosuid", "noexec"]}"#
    }

    private static func bind(_ source: String, _ destination: String) -> String {
        #"""
        {"destination": "\#(destination)", "type": "bind", "source": "\#(source)", "options": ["rbind", "rprivate", "rw"]}
        """#
    }

    /// containerd's default set.
    private static let capabilities = """
        ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
         "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL",
         "CAP_AUDIT_WRITE"]
        """

    /// All of a kernel 5.9 or later.
    static let everyCapability = """
        CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
        NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT
        SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP
        MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE
        """.split(whereSeparator: \.isWhitespace).map { "CAP_\($0)" }

    private static func spec(
        process: String, mounts: [String], namespaces: String, kind: String, _ change: (inout Spec) -> Void
    ) throws -> Spec {
        let text = """
            {
              "ociVersion": "1.2.0", "process": {\(process)}, "root": {"path": "rootfs"}, "hostname": "app-1",
              "mounts": [\(mounts.joined(separator: ","))],
              "annotations": {
                "io.kubernetes.cri.container-type": "\(kind)", "io.kubernetes.cri.sandbox-id": "\(sandbox)",
                "io.kubernetes.cri.sandbox-name": "app-1", "io.kubernetes.cri.sandbox-namespace": "default",
                "io.kubernetes.cri.sandbox-uid": "\(uid)"
              },
              "linux": {
                "cgroupsPath": "/kubepods/burstable/pod\(uid)/\(container)",
                "namespaces": [\(namespaces)],
                "resources": {"devices": [
                  {"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rwm"},
                  {"allow": true, "type": "c", "major": 136, "access": "rwm"}
                ]},
                "maskedPaths": [
                  "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                  "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"
                ],
                "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
              }
            }
            """
        var spec = try Document(name: "config.json", bytes: Array(text.utf8)).spec()
        change(&spec)
        return spec
    }
}

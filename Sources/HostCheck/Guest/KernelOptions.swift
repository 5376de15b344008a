/// The options that a kernel was built with, as its `.config` lists them.
struct KernelOptions: Equatable {
    private var values: [Substring: Substring] = [:]

    init(_ text: String) {
        for line in text.split(separator: "\n") where line.hasPrefix("CONFIG_") {
            let parts = line.dropFirst(7).split(separator: "=", maxSplits: 1)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
    }

    /// Whether the text was a configuration at all.
    var isEmpty: Bool { values.isEmpty }

    /// Which of the options that a guest needs are absent, or are modules where nothing could load them.
    func lacking(_ root: GuestNeeds.Root) -> [String] {
        let builtIn = GuestNeeds.builtIn(root).filter { values[$0[...]] != "y" }
        let either = GuestNeeds.either(root).filter { !["y", "m"].contains(values[$0[...]]) }
        return (builtIn + either).sorted()
    }
}

/// What the guest's kernel must have.
enum GuestNeeds {
    /// What the kernel starts from.
    enum Root: Equatable {
        case initrd
        /// A disk with this file system; no module can be loaded before it is mounted.
        case image(fileSystem: String)
    }

    /// Built in: the first program and the containers need it, and no agent loads it.
    static func builtIn(_ root: Root) -> [String] {
        let always = [
            "BINFMT_ELF", "CGROUPS", "CGROUP_BPF", "CGROUP_PIDS", "DEVTMPFS", "FUTEX", "IPC_NS", "MEMCG",
            "NAMESPACES",
            "NET_NS", "PCI", "PID_NS", "PROC_FS", "SECCOMP_FILTER", "SYSFS", "TMPFS", "UNIX", "UTS_NS",
        ]
        switch root {
        case .initrd: return always + ["BLK_DEV_INITRD"]
        case .image(let fileSystem):
            let name = ["xfs": "XFS_FS", "erofs": "EROFS_FS"][fileSystem] ?? "EXT4_FS"
            return always + ["VIRTIO_BLK", "VIRTIO_PCI", name]
        }
    }

    /// Built in, or a module of the guest's root.
    static func either(_ root: Root) -> [String] {
        let always = ["FUSE_FS", "VIRTIO_CONSOLE", "VIRTIO_FS", "VIRTIO_VSOCKETS", "VSOCKETS"]
        return root == .initrd ? always + ["VIRTIO_PCI"] : always
    }
}

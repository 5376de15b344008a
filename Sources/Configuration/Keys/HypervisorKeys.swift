/// Keys that mean the same for every virtual machine monitor.
extension ConfigurationKey {
    static let kernel = ConfigurationKey(
        "kernel", .anyHypervisor, .path, .text("/usr/share/swiftlet/vmlinux"),
        "The kernel that the virtual machine boots.")

    static let initrd = ConfigurationKey(
        "initrd", .anyHypervisor, .path, nil,
        "The initial file system with the agent; with neither this nor `image`, /usr/share/swiftlet/initrd is used. "
            + "Beside `image` it is a first stage: its agent loads drivers, mounts the image and starts the init there, "
            + "for a kernel that has the drivers of the disk as modules.")

    static let image = ConfigurationKey(
        "image", .anyHypervisor, .path, nil,
        "A raw disk image whose first partition holds the guest's root file system with the agent, as its init or "
            + "started by it. It is attached read-only. A kernel with the drivers built in needs no `initrd` beside it."
    )

    static let rootfsType = ConfigurationKey(
        "rootfs_type", .anyHypervisor, .choice(["ext4", "xfs", "erofs"]), .text("ext4"),
        "The file system of `image`.")

    static let kernelParams = ConfigurationKey(
        "kernel_params", .anyHypervisor, .line, .text(""),
        "Words that are added to the guest kernel's command line, at most \(KernelParameters.mostBytes) bytes "
            + "without double quotes. They come last, so they win.")

    static let defaultVCPUs = ConfigurationKey(
        "default_vcpus", .anyHypervisor, .processors, .integer(1), isAnnotation: true,
        "Virtual processors of a sandbox that asks for none. 0 means 1, less than 0 all of the host's.")

    static let defaultMaxVCPUs = ConfigurationKey(
        "default_maxvcpus", .anyHypervisor, .processors, .integer(0), aliases: ["default_max_vcpus"],
        isAnnotation: true,
        "The most virtual processors of a sandbox. 0 and less than 0 mean all of the host's.")

    static let defaultMemory = ConfigurationKey(
        "default_memory", .anyHypervisor, .integer(64...16_777_216), .integer(2048), isAnnotation: true,
        "Memory of a sandbox that asks for none, in MiB.")

    static let enableHugepages = ConfigurationKey(
        "enable_hugepages", .anyHypervisor, .flag, .flag(false), isAnnotation: true,
        "Back the guest's memory with huge pages of the host.")

    static let sharedFS = ConfigurationKey(
        "shared_fs", .anyHypervisor, .choice(["virtio-fs"]), .text("virtio-fs"),
        "How files of the host reach the guest.")

    static let virtioFSDaemon = ConfigurationKey(
        "virtio_fs_daemon", .anyHypervisor, .path, .text("/usr/libexec/virtiofsd"),
        "The virtio-fs daemon.")

    static let virtioFSCache = ConfigurationKey(
        "virtio_fs_cache", .anyHypervisor, .choice(["auto", "always", "metadata", "never"]), .text("auto"),
        "How long the guest may keep what it has read of the share.")

    static let virtioFSExtraArgs = ConfigurationKey(
        "virtio_fs_extra_args", .anyHypervisor, .lines, .list([]),
        "Options that are added to the virtio-fs daemon's command line. An option that would open its "
            + "sandbox, or that the runtime sets itself, is an error.")

    static let enableDebug = ConfigurationKey(
        "enable_debug", .anyHypervisor, .flag, .flag(false),
        "More words from the virtual machine monitor and from the guest's kernel.")

    static let entropySource = ConfigurationKey(
        "entropy_source", .anyHypervisor, .choice(["/dev/urandom", "/dev/random", "/dev/hwrng"]),
        .text("/dev/urandom"),
        "The host's file that feeds the guest's random numbers.")

    static let consoleLogLimit = ConfigurationKey(
        "console_log_limit", .anyHypervisor, .integer(16...65_536), .integer(1024),
        "How much of the guest's console output is kept, in KiB. A key of this runtime.")

    static let enableAnnotations = ConfigurationKey(
        "enable_annotations", .anyHypervisor, .lines, .list([]),
        "Names of keys that an annotation `io.katacontainers.config.<section>.<key>` of a pod may set. "
            + "Whole names, no patterns; only keys that are marked for it can be listed.")

    static let commonHypervisorKeys: [ConfigurationKey] = [
        kernel, initrd, image, rootfsType, kernelParams, defaultVCPUs, defaultMaxVCPUs, defaultMemory,
        enableHugepages, sharedFS, virtioFSDaemon, virtioFSCache, virtioFSExtraArgs, entropySource,
        enableDebug, consoleLogLimit, enableAnnotations,
    ]
}

extension [ConfigurationKey.Section] {
    /// The sections of the virtual machine monitors, of which a configuration has exactly one.
    static var anyHypervisor: Self { [.qemu, .cloudHypervisor] }
}

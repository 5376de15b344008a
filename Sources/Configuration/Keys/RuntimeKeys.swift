/// Keys of `[runtime]`.
extension ConfigurationKey {
    static let createContainerTimeout = ConfigurationKey(
        "create_container_timeout", [.runtime], .integer(1...3600), .integer(60), isAnnotation: true,
        "How long the agent may take to make a container, in seconds.")

    static let sandboxCgroupOnly = ConfigurationKey(
        "sandbox_cgroup_only", [.runtime], .flag, .flag(false),
        "Put the virtual machine and its helpers into the pod's cgroup and into no other.")

    static let internetworkingModel = ConfigurationKey(
        "internetworking_model", [.runtime], .choice(["tcfilter", "none"]), .text("tcfilter"),
        "How packets get from the pod's network interfaces to the guest.")

    static let disableGuestSeccomp = ConfigurationKey(
        "disable_guest_seccomp", [.runtime], .flag, .flag(false),
        "Run containers in the guest without their seccomp filters. Kata's default is true; here filters "
            + "are in force unless this says otherwise.")

    static let vfioMode = ConfigurationKey(
        "vfio_mode", [.runtime], .choice(["guest-kernel", "vfio"]), .text("guest-kernel"),
        isAnnotation: true,
        "Who drives a device that is passed in: the guest's kernel, or the container through VFIO.")

    static let runtimeDebug = ConfigurationKey(
        "enable_debug", [.runtime], .flag, .flag(false),
        "More words from the shim.")

    static let shimAPIVersion = ConfigurationKey(
        "shim_api_version", [.runtime], .integer(0...3), .integer(0),
        "The version of containerd's task API that `start` announces: 2 or 3; 0 finds out. A key of this "
            + "runtime.")

    static let runtimeKeys: [ConfigurationKey] = [
        createContainerTimeout, sandboxCgroupOnly, internetworkingModel, disableGuestSeccomp, vfioMode,
        runtimeDebug, shimAPIVersion,
    ]
}

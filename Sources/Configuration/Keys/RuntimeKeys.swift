/// Keys of `[runtime]`.
extension ConfigurationKey {
    static let createContainerTimeout = ConfigurationKey(
        "create_container_timeout", [.runtime], .integer(1...3600), .integer(60), isAnnotation: true,
        "How long the agent may take to make a container, in seconds.")

    static let disableGuestSeccomp = ConfigurationKey(
        "disable_guest_seccomp", [.runtime], .flag, .flag(false),
        "Run containers in the guest without their seccomp filters. Kata's default is true; here filters "
            + "are in force unless this says otherwise.")

    static let runtimeDebug = ConfigurationKey(
        "enable_debug", [.runtime], .flag, .flag(false),
        "Log every call of the shim, as containerd's own log level debug does.")

    static let shimAPIVersion = ConfigurationKey(
        "shim_api_version", [.runtime], .integer(0...3), .integer(0),
        "The version of containerd's task API that `start` announces: 2 or 3; 0 finds out. A key of this "
            + "runtime.")

    static let runtimeKeys: [ConfigurationKey] = [
        createContainerTimeout, disableGuestSeccomp, runtimeDebug, shimAPIVersion,
    ]
}

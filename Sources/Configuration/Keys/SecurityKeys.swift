/// Keys of `[security]`, a section of this runtime.
extension ConfigurationKey {
    static let podSecurity = ConfigurationKey(
        "pod_security", [.security], .choice(PodSecurityLevel.allCases.map(\.rawValue)),
        .text(PodSecurityLevel.off.rawValue),
        "Refuse a container that this level of the Kubernetes Pod Security Standards forbids, as far as its OCI "
            + "specification shows it.")

    static let vmmUser = ConfigurationKey(
        "vmm_user", [.security], .integer(0...Int(UInt32.max - 1)), .integer(0),
        "The user id that the virtual machine monitor runs as, without capabilities; 0 is root, with the one that it "
            + "takes to change its root. The user must be able to execute the monitor and read kernel, initrd, image and "
            + "firmware. VFIO devices are opened for it and passed in.")

    static let vmmGroup = ConfigurationKey(
        "vmm_group", [.security], .integer(0...Int(UInt32.max - 1)), .integer(0),
        "The group id that goes with `vmm_user`; 0 means the same number. The group of /dev/kvm is added, if being in "
            + "it opens the node.")

    static let securityKeys: [ConfigurationKey] = [podSecurity, vmmUser, vmmGroup]
}

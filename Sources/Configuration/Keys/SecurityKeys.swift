/// Keys of `[security]`, a section of this runtime. No file can set `vmm_user` and `vmm_group` before they have an
/// effect: they stand at their defaults.
extension ConfigurationKey {
    static let podSecurity = ConfigurationKey(
        "pod_security", [.security], .choice(PodSecurityLevel.allCases.map(\.rawValue)),
        .text(PodSecurityLevel.off.rawValue),
        "Refuse a container that this level of the Kubernetes Pod Security Standards forbids, as far as its OCI "
            + "specification shows it.")

    static let vmmUser = ConfigurationKey(
        "vmm_user", [.security], .integer(0...Int(UInt32.max - 1)), .integer(0),
        "The user id that the virtual machine monitor runs as; 0 is root without capabilities. VFIO devices are "
            + "opened for it and passed in.")

    static let vmmGroup = ConfigurationKey(
        "vmm_group", [.security], .integer(0...Int(UInt32.max - 1)), .integer(0),
        "The group id that goes with `vmm_user`; 0 means the same number. The group of /dev/kvm is added.")

    static let securityKeys: [ConfigurationKey] = [podSecurity]
}

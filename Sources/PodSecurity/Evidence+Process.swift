import OCI

extension Evidence {
    /// What the standards let a pod add by name.
    private static let addable: Set<String> = [
        "CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
        "CAP_MKNOD",
        "CAP_NET_BIND_SERVICE", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
    ]
    /// containerd gives it to every container that drops nothing, although the standards' list lacks it.
    private static let alsoByDefault: Set<String> = ["CAP_NET_RAW"]
    /// How many capabilities Linux 3.16 has; later ones are not everywhere.
    private static let allCapabilities = 38

    private var heldCapabilities: Set<String> {
        Set(spec.process?.capabilities?.sets.flatMap(\.members) ?? [])
    }

    /// Capabilities in any of the five sets beyond what the level allows.
    func capabilities(_ level: PodSecurityStandard) -> Violation? {
        let allowed =
            level == .restricted ? ["CAP_NET_BIND_SERVICE"] : Self.addable.union(Self.alsoByDefault)
        let excess = heldCapabilities.subtracting(allowed).sorted()
        return excess.isEmpty
            ? nil : Violation(.capabilities, "process.capabilities has \(Self.list(excess))")
    }

    /// The marks of a privileged container: a device rule that allows all, or all capabilities together with a bare
    /// `/proc`. Either half of the latter alone is another rule's.
    var privileged: Violation? {
        let rules = spec.linux?.resources?.devices ?? []
        let effective = rules.suffix(from: rules.lastIndex(where: \.deniesAll) ?? rules.startIndex)
        if effective.contains(where: \.allowsAll) {
            return Violation(.privilegedContainers, "linux.resources.devices allows all devices")
        }
        guard heldCapabilities.count >= Self.allCapabilities, spec.linux?.maskedPaths.isEmpty ?? true else {
            return nil
        }
        return Violation(
            .privilegedContainers,
            "process.capabilities has all capabilities and linux.maskedPaths is empty")
    }

    /// A process that may gain privileges by the programs that it starts.
    var privilegeEscalation: Violation? {
        spec.process?.noNewPrivileges == true
            ? nil : Violation(.privilegeEscalation, "process.noNewPrivileges is false")
    }

    /// The two rules on root, which have one evidence: that the process starts as user 0.
    var rootUser: [Violation] {
        guard !isInUserNamespace, (spec.process?.user?.uid ?? 0) == 0 else { return [] }
        return [.runningAsNonRoot, .runningAsNonRootUser].map { Violation($0, "process.user.uid is 0") }
    }
}

extension DeviceRule {
    /// Whether the rule lets every device be read or written.
    fileprivate var allowsAll: Bool {
        allow && (type.isEmpty || type == "a") && (major ?? -1) == -1 && (minor ?? -1) == -1
            && (access.isEmpty || !Set(access).isDisjoint(with: ["r", "w"]))
    }
}

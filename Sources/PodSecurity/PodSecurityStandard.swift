package import OCI
package import RuntimeErrors

/// A level of the Kubernetes Pod Security Standards that forbids something, as of Kubernetes 1.35.
///
/// The standards are written for pods and the evaluation sees the OCI specification of one container, so that it
/// judges by what containerd makes of a pod: see docs/security.md for each rule's evidence and for what is not seen.
package enum PodSecurityStandard: String, Sendable, CaseIterable {
    /// Known ways to more privileges are forbidden; what a pod has by default is allowed.
    case baseline
    /// What is left is what current hardening practice wants.
    case restricted

    /// What this level forbids of a container, in the order of `PodSecurityRule`, each rule at most once.
    ///
    /// - Parameters:
    ///   - spec: As containerd wrote it: what the runtime itself adds for devices is no volume of the pod.
    ///   - id: The container's own; it tells its own image volumes from others'.
    ///   - type: A sandbox shows what holds for the whole pod (namespaces, sysctls, SELinux). Its own process is not
    ///     the pod author's, nor does this runtime run it, and its capabilities and user are not looked at.
    package func violations(of spec: Spec, id: ContainerID, type: ContainerType) -> [Violation] {
        let evidence = Evidence(spec: spec, id: id, type: type)
        var found: [Violation?] = [evidence.hostNamespaces, evidence.seLinux, evidence.sysctls]
        if type != .sandbox {
            found += [
                evidence.privileged, evidence.capabilities(self), evidence.hostPaths, evidence.appArmor,
                evidence.procMount(self), evidence.seccomp(self),
            ]
            if self == .restricted {
                found += [evidence.volumeTypes, evidence.privilegeEscalation]
                found += evidence.rootUser.map(Optional.some)
            }
        }
        let violations = found.compactMap { $0 }
        return PodSecurityRule.allCases.flatMap { rule in violations.filter { $0.rule == rule } }
    }

    /// Refuses a container that this level forbids.
    ///
    /// - Throws: `RuntimeError` with `.permissionDenied` that names every rule broken, with its evidence.
    package func check(_ spec: Spec, id: ContainerID, type: ContainerType) throws(RuntimeError) {
        let found = violations(of: spec, id: id, type: type)
        guard !found.isEmpty else { return }
        throw RuntimeError(
            .permissionDenied,
            "can't create container '\(id)': Pod Security level \"\(rawValue)\" forbids "
                + found.map(\.description).joined(separator: ", ")
                + "; take this out of the pod, or choose another pod_security in section [security]")
    }
}

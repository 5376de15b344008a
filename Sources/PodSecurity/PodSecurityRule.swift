/// The rules of the Kubernetes Pod Security Standards that an OCI specification gives evidence of.
///
/// Raw values are the names that the standards publish. Rules without any evidence in a specification (such as
/// `Host Ports`) are not here; docs/security.md lists them.
package enum PodSecurityRule: String, Sendable, CaseIterable {
    case hostNamespaces = "Host Namespaces"
    case privilegedContainers = "Privileged Containers"
    /// Of both levels: baseline limits what is added, restricted wants all dropped.
    case capabilities = "Capabilities"
    case hostPathVolumes = "HostPath Volumes"
    case appArmor = "AppArmor"
    case seLinux = "SELinux"
    case procMountType = "/proc Mount Type"
    /// Of both levels: baseline forbids an open filter, restricted wants one.
    case seccomp = "Seccomp"
    case sysctls = "Sysctls"
    case volumeTypes = "Volume Types"
    case privilegeEscalation = "Privilege Escalation"
    case runningAsNonRoot = "Running as Non-root"
    case runningAsNonRootUser = "Running as Non-root user"
}

import OCI
import PodSecurity
import Testing

/// One change of a container that is fit for `restricted`.
struct PodSecurityCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var rule: PodSecurityRule
    /// The least level that forbids it.
    var level: PodSecurityStandard
    var change: @Sendable (inout Spec) -> Void

    init(
        _ name: String, _ rule: PodSecurityRule, from level: PodSecurityStandard = .baseline,
        _ change: @escaping @Sendable (inout Spec) -> Void
    ) {
        testDescription = name
        self.rule = rule
        self.level = level
        self.change = change
    }
}

extension PodSecurityCase {
    /// What a rule forbids, and from which level on.
    static let forbidden: [PodSecurityCase] = [
        Self("network of the host", .hostNamespaces) {
            $0.linux?.namespaces.removeAll { $0.kind == .network }
        },
        Self("pid namespace of the host", .hostNamespaces) {
            $0.linux?.namespaces.removeAll { $0.kind == .pid }
        },
        Self("ipc namespace of the host", .hostNamespaces) {
            $0.linux?.namespaces.removeAll { $0.kind == .ipc }
        },
        Self("network of process 1", .hostNamespaces) {
            $0.linux?.namespaces.removeAll { $0.kind == .network }
            $0.linux?.namespaces.append(Namespace(.network, path: "/proc/1/ns/net"))
        },
        Self("/dev/shm of the host", .hostNamespaces) { $0.mounts.append(bind("/dev/shm", "/dev/shm")) },
        Self("all devices", .privilegedContainers) {
            $0.linux?.resources?.devices.append(DeviceRule(allow: true, access: "rwm"))
        },
        Self("SYS_ADMIN", .capabilities) { $0.process?.capabilities?.bounding.append("CAP_SYS_ADMIN") },
        Self("NET_ADMIN, inheritable only", .capabilities) {
            $0.process?.capabilities?.inheritable.append("CAP_NET_ADMIN")
        },
        Self("CHOWN", .capabilities, from: .restricted) {
            $0.process?.capabilities?.bounding.append("CAP_CHOWN")
        },
        Self("hostPath", .hostPathVolumes) { $0.mounts.append(bind("/etc", "/host/etc")) },
        Self("hostPath to a device node", .hostPathVolumes) {
            $0.mounts.append(bind("/dev/kvm", "/dev/kvm"))
        },
        Self("hostPath into another pod", .hostPathVolumes) {
            let other = "/var/lib/kubelet/pods/11111111-98da-4834-a96a-dbf6813d5287"
            $0.mounts.append(bind("\(other)/volumes/kubernetes.io~secret/keys", "/keys"))
        },
        Self("hostPath out of the pod's own folder", .hostPathVolumes) {
            let own = "/var/lib/kubelet/pods/\(PodFixture.uid)/volumes/kubernetes.io~empty-dir/x"
            $0.mounts.append(bind("\(own)/../../../../../../../etc", "/host/etc"))
        },
        Self("hostPath to the pod's own folder as a whole", .hostPathVolumes) {
            $0.mounts.append(bind("/var/lib/kubelet/pods/\(PodFixture.uid)/volumes", "/v"))
        },
        Self("hostPath to another container's image volume", .hostPathVolumes) {
            let plugin = "/var/lib/containerd/io.containerd.grpc.v1.cri"
            let other = String(repeating: "d0", count: 32)
            $0.mounts.append(bind("\(plugin)/containers/\(other)/volumes/0123abcd", "/v"))
        },
        Self("hostPath to containerd's socket", .hostPathVolumes) {
            $0.mounts.append(bind("/run/containerd/containerd.sock", "/run/containerd/containerd.sock"))
        },
        Self("a file system of a host's disk", .hostPathVolumes) {
            $0.mounts.append(Mount(destination: "/d", type: "ext4", source: "/dev/sda1"))
        },
        Self("AppArmor unconfined", .appArmor) { $0.process?.apparmorProfile = "unconfined" },
        Self("SELinux type", .seLinux) { $0.process?.selinuxLabel = "system_u:system_r:spc_t:s0" },
        Self("SELinux user", .seLinux) { $0.process?.selinuxLabel = "staff_u:system_r:container_t:s0" },
        Self("SELinux role", .seLinux) { $0.process?.selinuxLabel = "system_u:sysadm_r:container_t:s0" },
        Self("a label that is none", .seLinux) { $0.process?.selinuxLabel = "container_t" },
        Self("procMount Unmasked", .procMountType) {
            $0.linux?.maskedPaths = []
            $0.linux?.readonlyPaths = []
        },
        Self("a writable /proc/sys", .procMountType) {
            $0.linux?.readonlyPaths.removeAll { $0 == "/proc/sys" }
        },
        Self("procMount Unmasked in a user namespace", .procMountType, from: .restricted) {
            asNobody(&$0)
            $0.linux?.maskedPaths = []
        },
        Self("a filter that allows all", .seccomp) {
            $0.linux?.seccomp = Seccomp(defaultAction: "SCMP_ACT_ALLOW")
        },
        Self("no filter", .seccomp, from: .restricted) { $0.linux?.seccomp = nil },
        Self("a sysctl", .sysctls) { $0.linux?.sysctl["kernel.msgmax"] = "65536" },
        Self("a sysctl with slashes", .sysctls) { $0.linux?.sysctl["net/ipv4/ip_forward"] = "1" },
        Self("gitRepo", .volumeTypes, from: .restricted) {
            let own = "/var/lib/kubelet/pods/\(PodFixture.uid)"
            $0.mounts.append(bind("\(own)/volumes/kubernetes.io~git-repo/src", "/src"))
        },
        Self("more privileges by exec", .privilegeEscalation, from: .restricted) {
            $0.process?.noNewPrivileges = false
        },
    ]

    /// What no level forbids, with the rule that looks at it.
    static let allowed: [PodSecurityCase] = [
        Self("NET_BIND_SERVICE", .capabilities) {
            $0.process?.capabilities = Capabilities(
                bounding: ["CAP_NET_BIND_SERVICE"], effective: ["CAP_NET_BIND_SERVICE"])
        },
        Self("root in a user namespace", .runningAsNonRoot) {
            asNobody(&$0)
            $0.process?.user = User(uid: 0)
        },
        Self("no SELinux, no AppArmor", .seLinux) {
            $0.process?.selinuxLabel = ""
            $0.process?.apparmorProfile = ""
        },
        Self("a machine's SELinux type", .seLinux) {
            $0.process?.selinuxLabel = "system_u:system_r:container_kvm_t:s0:c3,c4"
        },
        Self("a safe sysctl with slashes", .sysctls) { $0.linux?.sysctl["net/ipv4/tcp_rmem"] = "1 2 3" },
        Self("a kubelet and a containerd elsewhere", .hostPathVolumes) {
            for index in $0.mounts.indices {
                for (usual, other) in [
                    ("/var/lib/kubelet/", "/srv/k8s/"),
                    ("/var/lib/containerd/", "/var/lib/rancher/k3s/agent/containerd/"),
                    ("/run/containerd/", "/run/k3s/containerd/"),
                ] where $0.mounts[index].source.hasPrefix(usual) {
                    $0.mounts[index].source = other + $0.mounts[index].source.dropFirst(usual.count)
                }
            }
        },
        Self("systemd's names of cgroups, no annotation", .hostPathVolumes) {
            let uid = String(PodFixture.uid.map { $0 == "-" ? "_" : $0 })
            $0.annotations["io.kubernetes.cri.sandbox-uid"] = nil
            $0.linux?.cgroupsPath =
                "kubelet-kubepods-besteffort-pod\(uid).slice:cri-containerd:\(PodFixture.container)"
        },
        Self("no cgroup of the pod", .hostPathVolumes) { $0.linux?.cgroupsPath = "" },
        Self("a device that a plugin gives", .privilegedContainers) {
            $0.linux?.devices.append(DeviceNode(path: "/dev/vfio/7", type: "c", major: 240, minor: 7))
            $0.linux?.resources?.devices.append(
                DeviceRule(allow: true, type: "c", major: 240, minor: 7, access: "rwm"))
        },
        Self("mknod of all devices", .privilegedContainers) {
            $0.linux?.resources?.devices.append(DeviceRule(allow: true, type: "c", access: "m"))
        },
        Self("all devices, then none", .privilegedContainers) {
            $0.linux?.resources?.devices.insert(DeviceRule(allow: true), at: 0)
        },
    ]

    static func bind(_ source: String, _ destination: String) -> Mount {
        Mount(destination: destination, type: "bind", source: source, options: ["rbind", "rw"])
    }

    /// As `hostUsers: false` has it.
    static func asNobody(_ spec: inout Spec) {
        let mapping = IDMapping(containerID: 0, hostID: 65_536, size: 65_536)
        spec.linux?.namespaces.append(Namespace(.user))
        spec.linux?.uidMappings = [mapping]
        spec.linux?.gidMappings = [mapping]
    }
}

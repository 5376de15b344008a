import OCI

extension Evidence {
    /// What the kernel itself makes, whatever the source says.
    private static let kernelFileSystems: Set<String> = [
        "proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2",
    ]

    /// Mounts of something of the host that neither the kubelet nor containerd made for this pod.
    ///
    /// Only they show: a hostPath volume, a persistent volume of type hostPath and a mount that a device plugin
    /// asks for are the same in a specification.
    var hostPaths: Violation? {
        let found = spec.mounts.filter { mount in
            // The host's /dev/shm is hostIPC.
            guard mount.isBind ? mount.source != "/dev/shm" : mount.source.hasPrefix("/") else {
                return false
            }
            guard mount.isBind || !Self.kernelFileSystems.contains(mount.type) else { return false }
            return folders.owner(of: mount) == nil
        }
        guard !found.isEmpty else { return nil }
        let list = found.prefix(4).map { "\(excerpt($0.source)) at \(excerpt($0.destination))" }
        let more = found.count > 4 ? " and \(found.count - 4) more" : ""
        return Violation(.hostPathVolumes, "mounts has " + list.joined(separator: ", ") + more)
    }

    /// Volumes of a type that is forbidden even as a persistent volume: that type is gitRepo, besides hostPath. Of all
    /// others the folder doesn't tell a volume of the pod's own from a claim's, which is allowed.
    var volumeTypes: Violation? {
        let found = spec.mounts.filter { folders.owner(of: $0) == .volume(plugin: "kubernetes.io~git-repo") }
        guard !found.isEmpty else { return nil }
        return Violation(
            .volumeTypes, "mounts has a gitRepo volume at \(Self.list(found.map(\.destination)))")
    }
}

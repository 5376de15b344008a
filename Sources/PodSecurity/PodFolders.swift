import OCI

/// The folders that the kubelet and containerd keep for a pod, told by the ids in their paths.
///
/// The ids are made when the pod is, after its author wrote it, so that no hostPath of the pod can name them. That holds
/// wherever an administrator put the kubelet's and containerd's folders, which is why only what follows is compared.
struct PodFolders {
    /// What a mount of a pod's own comes from.
    enum Owner: Equatable {
        /// A volume, by the folder's name for its plugin, such as `kubernetes.io~empty-dir`.
        case volume(plugin: String)
        /// A file that every pod has, or a folder of an image.
        case runtime
    }

    private let pod: String?
    private let sandbox: String?
    private let container: String

    init(spec: Spec, id: ContainerID, type: ContainerType) {
        container = id.rawValue
        switch type {
        case .single: sandbox = nil
        case .sandbox: sandbox = id.rawValue
        case .container(let sandbox): self.sandbox = sandbox.rawValue
        }
        // The cgroup's name first: an administrator may let pods set annotations, and old containerds then don't
        // write over this one.
        let uid =
            Self.pod(ofCgroup: spec.linux?.cgroupsPath ?? "")
            ?? spec.annotations["io.kubernetes.cri.sandbox-uid"]
        pod = type == .single || uid?.isEmpty != false ? nil : uid
    }

    /// Whose the source of a mount is; nil for anything else of the host, and for every path that is not plain.
    func owner(of mount: Mount) -> Owner? {
        let names = mount.source.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard names.first == "", names.count > 1,
            names.dropFirst().allSatisfy({ !["", ".", ".."].contains($0) })
        else { return nil }
        return kubelet(names) ?? containerd(names) ?? nerdctl(mount)
    }

    /// `…/pods/<uid>/` and what the kubelet makes there.
    private func kubelet(_ names: [String]) -> Owner? {
        guard let pod, let rest = Self.tail(of: names, after: ["pods", pod]) else { return nil }
        switch (rest.first, rest.count) {
        case ("volumes", 3...): return .volume(plugin: rest[1])
        case ("volume-subpaths", 4...), ("containers", 3...), ("etc-hosts", 1): return .runtime
        default: return nil
        }
    }

    /// containerd's and CRI-O's files of the sandbox, and volumes that the image or an image is.
    private func containerd(_ names: [String]) -> Owner? {
        let plugin = "io.containerd.grpc.v1.cri"
        let files: Set<String> = ["hostname", "hosts", "resolv.conf", "shm"]
        if let sandbox {
            let folders = [[plugin, "sandboxes", sandbox], ["overlay-containers", sandbox, "userdata"]]
            for folder in folders {
                if let rest = Self.tail(of: names, after: folder), rest.count == 1, files.contains(rest[0]) {
                    return .runtime
                }
            }
            if let rest = Self.tail(of: names, after: [plugin, "image-volumes", sandbox]), !rest.isEmpty {
                return .runtime
            }
        }
        let own = Self.tail(of: names, after: [plugin, "containers", container, "volumes"])
        return own?.isEmpty == false ? .runtime : nil
    }

    /// The three files that nerdctl gives a container of its own, which has no pod.
    private func nerdctl(_ mount: Mount) -> Owner? {
        let files: Set<String> = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"]
        guard sandbox == nil, files.contains(mount.destination) else { return nil }
        return mount.source.hasPrefix("/var/lib/nerdctl/") ? .runtime : nil
    }

    /// What follows `names` in a path, at their first place.
    private static func tail(of path: [String], after names: [String]) -> [String]? {
        guard path.count >= names.count else { return nil }
        for start in 0...(path.count - names.count) where path[start...].starts(with: names) {
            return Array(path[(start + names.count)...])
        }
        return nil
    }

    /// The pod's uid in the name of its cgroup: `…/pod<uid>/<id>`, or of systemd's slices
    /// `kubepods-burstable-pod<uid with _ for ->.slice:cri-containerd:<id>`.
    private static func pod(ofCgroup path: String) -> String? {
        for part in path.split(whereSeparator: { $0 == "/" || $0 == ":" }) {
            guard part.hasSuffix(".slice") else {
                if part.hasPrefix("pod") { return String(part.dropFirst(3)) }
                continue
            }
            let last = part.dropLast(6).split(separator: "-").last ?? ""
            if last.hasPrefix("pod") { return String(last.dropFirst(3).map { $0 == "_" ? "-" : $0 }) }
        }
        return nil
    }
}

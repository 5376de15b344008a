import OCI

extension Evidence {
    /// Namespaces of the host.
    ///
    /// containerd leaves a namespace out of the sandbox's list when the pod has the host's. Its containers always
    /// name namespaces, by a path below the sandbox's process; what they show is a host's `/dev/shm`, and paths of
    /// the host's first process, or no list entry, by other clients.
    var hostNamespaces: Violation? {
        let kinds: [Namespace.Kind] = [.network, .pid, .ipc]
        var found = kinds.compactMap { kind -> String? in
            guard let namespace = spec.linux?.namespace(kind) else {
                return "linux.namespaces has no \(kind.rawValue)"
            }
            guard Self.isOfHost(namespace.path) else { return nil }
            return "the \(kind.rawValue) namespace is \(excerpt(namespace.path))"
        }
        if let shared = spec.mounts.first(where: { $0.isBind && $0.source == "/dev/shm" }) {
            found.append("'/dev/shm' of the host is mounted at \(excerpt(shared.destination))")
        }
        return found.isEmpty ? nil : Violation(.hostNamespaces, found.joined(separator: ", "))
    }

    /// The shim runs in the host's namespaces as process 1 does; `/proc` has two more names for the reader of such a path.
    private static func isOfHost(_ path: String) -> Bool {
        ["/proc/1/", "/proc/self/", "/proc/thread-self/"].contains { path.hasPrefix($0) }
    }
}

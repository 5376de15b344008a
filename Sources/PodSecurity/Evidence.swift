import OCI

/// A container's specification, read for what the Pod Security Standards ask about.
struct Evidence {
    let spec: Spec
    let type: ContainerType
    let folders: PodFolders

    init(spec: Spec, id: ContainerID, type: ContainerType) {
        self.spec = spec
        self.type = type
        folders = PodFolders(spec: spec, id: id, type: type)
    }

    /// Whether the container's root is nobody on the host (`hostUsers: false`); baseline and restricted allow such a
    /// container some more from Kubernetes 1.35 on.
    var isInUserNamespace: Bool {
        guard let linux = spec.linux, linux.namespace(.user) != nil else { return false }
        return !linux.uidMappings.isEmpty && linux.uidMappings.allSatisfy { $0.hostID != 0 }
    }

    /// A list for a message: the first four in quotes, and how many more.
    static func list(_ items: some Collection<String>) -> String {
        let shown = items.prefix(4).map { excerpt($0) }.joined(separator: ", ")
        return items.count > 4 ? "\(shown) and \(items.count - 4) more" : shown
    }
}

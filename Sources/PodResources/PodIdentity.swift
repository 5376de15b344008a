/// How the kubelet names a pod.
package struct PodIdentity: Sendable, Hashable {
    /// The pod's name.
    package var name: String
    /// Its Kubernetes namespace.
    package var namespace: String

    /// Makes an identity.
    package init(name: String, namespace: String) {
        self.name = name
        self.namespace = namespace
    }

    /// The pod that a sandbox's or container's annotations name, as containerd's CRI plugin and CRI-O write them;
    /// nil when it is none of Kubernetes'.
    package init?(annotations: [String: String]) {
        let dialects = [
            ("io.kubernetes.cri.sandbox-name", "io.kubernetes.cri.sandbox-namespace"),
            ("io.kubernetes.cri-o.KubeName", "io.kubernetes.cri-o.Namespace"),
        ]
        for (name, namespace) in dialects {
            guard let name = annotations[name], let namespace = annotations[namespace] else { continue }
            self.init(name: name, namespace: namespace)
            return
        }
        return nil
    }
}

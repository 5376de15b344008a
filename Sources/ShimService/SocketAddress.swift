package import OCI
import Sandbox

/// Where a shim listens: a path that containerd's own shims would choose too.
package struct SocketAddress: Equatable, Sendable {
    /// The folder that containerd reserves for the sockets of shims.
    package static let folder = "/run/containerd/s"
    /// The path of the socket; always short enough for `sun_path`.
    package let path: String

    /// The socket of a sandbox.
    ///
    /// Source: runtime v2: `<folder>/<SHA-256 of "GRPC_ADDRESS/namespace/id">`; the containers of a pod use the
    /// sandbox's id, so that all of them find the same shim.
    package init(
        containerdAddress: String, namespace: String, sandbox: ContainerID, folder: String = Self.folder
    ) {
        let name = sha256Hexadecimal("\(containerdAddress)/\(namespace)/\(sandbox.rawValue)")
        path = "\(folder)/\(name)"
    }

    /// The form in which containerd dials it.
    package var url: String { "unix://\(path)" }
}

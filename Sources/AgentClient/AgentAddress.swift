package import OCI

/// Where the guest agent listens, as the host reaches it.
package enum AgentAddress: Sendable, Equatable, CustomStringConvertible {
    /// Behind a Unix socket that takes `CONNECT <port>` (Cloud Hypervisor, vhost-device-vsock).
    case hybrid(path: String, port: UInt32)
    /// Through the host kernel's vsock.
    case kernel(cid: UInt32, port: UInt32)
    /// At a plain Unix socket (tests, remote hypervisors).
    case unix(path: String)

    /// The port of the agent's API.
    package static let port: UInt32 = 1024

    package var description: String {
        switch self {
        case .hybrid(let path, let port): "hvsock://\(path):\(port)"
        case .kernel(let cid, let port): "vsock://\(cid):\(port)"
        case .unix(let path): "unix://\(path)"
        }
    }
}

/// A process in the guest: the container and the process's id in it. A container's first process has the
/// container's own id.
package struct GuestProcessID: Sendable, Hashable, CustomStringConvertible {
    package let container: ContainerID
    package let process: String

    /// Names a process; see the type.
    package init(container: ContainerID, process: String) {
        self.container = container
        self.process = process
    }

    package var description: String {
        process == container.rawValue
            ? "container '\(container.rawValue)'" : "exec '\(process)' of container '\(container.rawValue)'"
    }
}

/// The two output streams of a process.
package enum GuestOutput: Sendable, Hashable {
    case stdout
    case stderr
}

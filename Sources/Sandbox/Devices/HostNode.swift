package import Linux
package import OCI

/// A device node as the host's kernel knows it.
package struct HostNode: Sendable, Equatable {
    package let kind: FileStatus.Kind
    package let number: DeviceNumber
    /// The path that the kernel gives it, or the one by which it was found.
    package let path: String
    /// What the file system says of the node; nil for one that only a spec names.
    package let status: FileStatus?

    /// The node that a spec wants made: its number says which device it is, wherever the container has it.
    ///
    /// nil for a FIFO and for what has no valid number.
    package init?(_ node: DeviceNode, on roots: HostRoots) {
        let kind: FileStatus.Kind
        switch node.type {
        case "b": kind = .blockDevice
        case "c", "u": kind = .characterDevice
        default: return nil
        }
        guard let major = UInt32(exactly: node.major ?? 0), let minor = UInt32(exactly: node.minor ?? 0)
        else { return nil }
        self.init(kind, DeviceNumber(major: major, minor: minor), path: node.path, status: nil, on: roots)
    }

    /// The node at a path of the host; nil for anything else there, a link too: whoever writes a spec has followed
    /// links already, and what one leads to can change.
    package init?(at path: String, on roots: HostRoots) {
        guard let status = try? FileStatus(of: roots.path(path), followLinks: false),
            status.kind == .characterDevice || status.kind == .blockDevice
        else { return nil }
        self.init(status.kind, status.represents, path: path, status: status, on: roots)
    }

    private init(
        _ kind: FileStatus.Kind, _ number: DeviceNumber, path: String, status: FileStatus?,
        on roots: HostRoots
    ) {
        self.kind = kind
        self.number = number
        self.path = Self.kernelPath(kind, number, on: roots) ?? path
        self.status = status
    }

    /// What it stands for.
    package var request: DeviceRequest { DeviceRequest(kind, number, hostPath: path) }

    /// The same node at a path of a container, with its owner and rights.
    package func node(at path: String) -> DeviceNode {
        var node = DeviceNode(
            path: path, type: kind == .blockDevice ? "b" : "c", major: Int64(number.major),
            minor: Int64(number.minor))
        node.fileMode = status?.permissions
        node.uid = status?.uid
        node.gid = status?.gid
        return node
    }

    /// The kernel's name for a number; nil when sysfs does not know the number.
    private static func kernelPath(
        _ kind: FileStatus.Kind, _ number: DeviceNumber, on roots: HostRoots
    ) -> String? {
        let folder = kind == .blockDevice ? "block" : "char"
        let file = "\(roots.sys)/dev/\(folder)/\(number.major):\(number.minor)/uevent"
        guard let bytes = try? readFile(file, limit: 1 << 16) else { return nil }
        for line in bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: "DEVNAME=".utf8) {
            let name = String(decoding: line.dropFirst("DEVNAME=".utf8.count), as: UTF8.self)
            return name.isEmpty ? nil : "/dev/\(name)"
        }
        return nil
    }
}

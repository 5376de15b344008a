import Linux
import OCI
import RuntimeErrors

/// Fills in what a CDI file leaves to the node on the host.
enum HostNode {
    /// The node for a container. A symbolic link is not followed: its end could be moved to another device.
    ///
    /// - Throws: `RuntimeError` for a node that is not there and that the file does not describe in full, or that is of
    ///   another type than the file says.
    static func fill(_ edit: DeviceNodeEdit, _ roots: HostRoots, file: String) throws(RuntimeError)
        -> DeviceNode
    {
        let hostPath = edit.hostPath ?? edit.path
        var node = DeviceNode(path: edit.path, type: edit.type ?? "")
        node.fileMode = edit.fileMode
        node.uid = edit.uid
        node.gid = edit.gid
        if edit.type != "p" { (node.major, node.minor) = (edit.major, edit.minor) }
        guard let (type, status) = try status(hostPath, edit, roots, file) else { return node }
        if node.fileMode == nil { node.fileMode = status.permissions }
        if let wanted = edit.type {
            guard wanted == type || (wanted, type) == ("u", "c") else {
                throw RuntimeError(
                    .failedPrecondition,
                    "can't give a container the node '\(hostPath)' of CDI file '\(file)': it has the type "
                        + "\(type), not \(wanted); correct the file")
            }
        } else {
            node.type = type
        }
        if type == "p" {
            (node.major, node.minor) = (nil, nil)
        } else if edit.major == 0 {
            (node.major, node.minor) = (Int64(status.represents.major), Int64(status.represents.minor))
        }
        return node
    }

    /// The type and status of the host's node; nil when there is none and the file does without.
    private static func status(
        _ path: String, _ edit: DeviceNodeEdit, _ roots: HostRoots, _ file: String
    ) throws(RuntimeError) -> (String, FileStatus)? {
        let isComplete = edit.type == "p" || (edit.type != nil && edit.major != 0)
        let what = "can't find the node \(excerpt(path, limit: 200)) of CDI file '\(file)'"
        let status: FileStatus
        do throws(Errno) {
            status = try FileStatus(of: roots.path(path), followLinks: false)
        } catch {
            if isComplete { return nil }
            throw RuntimeError(error, "\(what); load the device's driver, or correct the file")
        }
        switch status.kind {
        case .characterDevice: return ("c", status)
        case .blockDevice: return ("b", status)
        case .fifo: return ("p", status)
        default:
            if isComplete { return nil }
            throw RuntimeError(
                .failedPrecondition,
                "\(what): it is a \(status.kind.rawValue); load the device's driver, or correct the file")
        }
    }
}

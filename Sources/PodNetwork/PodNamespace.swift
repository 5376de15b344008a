import Linux
import RuntimeErrors

/// The network namespace of an endpoint's pod, with a NETLINK_ROUTE socket in it.
struct PodNamespace {
    let namespace: NetworkNamespace
    let socket: SharedDescriptor

    /// The one at the endpoint's path; nil if the pod's has gone: nothing is there any more, another namespace, or a
    /// file that is none.
    ///
    /// - Throws: `RuntimeError` if that can't be told. The pod may still be there then, so it must be tried again.
    init?(of endpoint: PhysicalEndpoint) throws(RuntimeError) {
        let path = endpoint.namespacePath
        do {
            // To open a FIFO is to wait for its other side.
            guard try FileStatus(of: path).kind == .file else { return nil }
            let namespace = try NetworkNamespace.open(path)
            let inode = try FileStatus(of: namespace.descriptor.raw).inode
            guard endpoint.namespaceInode == nil || endpoint.namespaceInode == inode else { return nil }
            self.socket = try namespace.socket(.route)
            self.namespace = namespace
        } catch {
            let errno = error as? Errno ?? (error as? RuntimeError)?.cause as? Errno
            // The last is setns(2)'s for what is no network namespace, as a file is that nothing is mounted on any more.
            if [.ENOENT, .ENOTDIR, .EINVAL].contains(errno) { return nil }
            throw RuntimeError(
                statusCode(of: error), "can't tell whether '\(path)' is still the pod's network namespace",
                cause: error)
        }
    }
}

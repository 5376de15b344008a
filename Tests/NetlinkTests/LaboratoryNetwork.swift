import Glibc
import Linux
import Netlink
import Testing

let isRoot = geteuid() == 0

/// A network namespace of one test, which ends with it.
struct LaboratoryNetwork {
    let namespace: NetworkNamespace
    let session: NetlinkSession

    init() throws {
        namespace = try NetworkNamespace.create()
        session = try NetlinkSession(over: namespace.socket(.route))
    }

    /// Runs `ip` in it.
    func ip(_ arguments: String) throws {
        let command = "nsenter --net=/proc/\(getpid())/fd/\(namespace.descriptor.raw) ip \(arguments)"
        guard system(command) == 0 else { throw Errno.EINVAL }
    }

    func link(_ name: String) throws -> Link {
        try #require(try session.link(named: name))
    }
}

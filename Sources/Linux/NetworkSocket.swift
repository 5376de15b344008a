internal import CLinux
package import RuntimeErrors

/// Kinds of sockets through which the kernel's network configuration is seen.
package enum NetworkSocketKind: Sendable {
    /// NETLINK_ROUTE.
    case route
    /// One that takes the SIOCETHTOOL request.
    case ethtool

    var number: CInt {
        switch self {
        case .route: CInt(CLINUX_SOCKET_ROUTE)
        case .ethtool: CInt(CLINUX_SOCKET_ETHTOOL)
        }
    }
}

/// A socket of the calling thread's own network namespace.
///
/// - Throws: `Errno`.
package func networkSocket(_ kind: NetworkSocketKind) throws(Errno) -> SharedDescriptor {
    SharedDescriptor(owning: try checked(CLinux_network_socket(kind.number)))
}

extension NetworkNamespace {
    /// A socket that belongs to this namespace. No thread of this process enters it: a short-lived child does.
    ///
    /// - Throws: `RuntimeError`.
    package func socket(_ kind: NetworkSocketKind) throws(RuntimeError) -> SharedDescriptor {
        do throws(HelperFailure) {
            guard let socket = try runInHelperChild([.enter(descriptor.raw), .socket(kind)])[1] else {
                throw HelperFailure.lost
            }
            return socket
        } catch {
            throw RuntimeError(
                error.errno,
                error.step == 0
                    ? "can't enter the network namespace: setns failed; the shim needs CAP_SYS_ADMIN"
                    : "can't open a \(kind) socket in the network namespace")
        }
    }
}

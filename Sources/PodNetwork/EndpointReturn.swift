package import Linux
package import RuntimeErrors

import Glibc
import Hypervisor
import Netlink

/// Puts an interface back that reappears in the host's network namespace when its function has its driver again.
///
/// May be done any number of times. Blocks until it is done or the time is over.
package struct EndpointReturn: Sendable {
    /// Where an interface stands in the end.
    package enum Place: Sendable, Equatable {
        /// In the pod's namespace, as it was.
        case pod
        /// The pod's namespace has gone: in the host's, down, under this name, as the kernel leaves an interface whose
        /// namespace ends.
        case host(name: String)
    }

    let roots: HostRoots
    let host: SharedDescriptor
    let patience: Duration

    /// - Parameters:
    ///   - host: A NETLINK_ROUTE socket of the host's network namespace.
    ///   - patience: How long to wait for the interface.
    package init(roots: HostRoots, host: SharedDescriptor, patience: Duration = .seconds(10)) {
        self.roots = roots
        self.host = host
        self.patience = patience
    }

    /// Puts one back.
    ///
    /// - Throws: `RuntimeError` that says what is left to do.
    package func putBack(_ endpoint: PhysicalEndpoint) throws(RuntimeError) -> Place {
        let object = "can't put interface '\(endpoint.name)' of \(endpoint.function) back"
        do {
            let hostSession = try NetlinkSession(over: host)
            guard let pod = namespace(of: endpoint) else {
                let link = try appeared(endpoint, hostSession)
                try report(EndpointSettings(endpoint, hostSession).restoreHardware(link))
                return .host(name: link.name)
            }
            let podSession = try NetlinkSession(over: pod.socket(.route))
            let settings = EndpointSettings(endpoint, podSession)
            if let link = try settings.present() {
                // It has been moved before, or has never been away.
                try report(settings.restoreAll(link))
                return .pod
            }
            let link = try appeared(endpoint, hostSession)
            do throws(KernelRefusal) {
                try hostSession.move(link.index, to: pod.descriptor.raw, as: endpoint.name)
            } catch {
                throw RuntimeError(
                    error,
                    "'\(link.name)' on the host can't be moved to '\(endpoint.namespacePath)' as "
                        + "'\(endpoint.name)'; left: name, namespace, \(EndpointSettings.all)")
            }
            guard let moved = try podSession.link(named: endpoint.name) else {
                throw RuntimeError(
                    .unavailable, "it vanished while it was moved; left: \(EndpointSettings.all)")
            }
            try report(settings.restoreAll(moved))
            return .pod
        } catch {
            throw RuntimeError((error as? RuntimeError)?.code ?? .internalError, object, cause: error)
        }
    }

    /// The pod's namespace; nil if it has gone or another stands in its place.
    private func namespace(of endpoint: PhysicalEndpoint) -> NetworkNamespace? {
        guard let namespace = try? NetworkNamespace.open(endpoint.namespacePath),
            let status = try? FileStatus(of: namespace.descriptor.raw),
            endpoint.namespaceInode == nil || endpoint.namespaceInode == status.inode,
            // A file that nothing is mounted on any more is no namespace.
            (try? namespace.socket(.route)) != nil
        else { return nil }
        return namespace
    }

    /// The interface on the host, as soon as there is one.
    private func appeared(_ endpoint: PhysicalEndpoint, _ session: NetlinkSession) throws -> Link {
        let end = ContinuousClock.now + patience
        while true {
            let names = try FunctionFacts(roots).interfaces(of: endpoint.function)
            let links = try session.links().filter { names.contains($0.name) }
            // A function with several ports has as many interfaces.
            if let link = links.first(where: { $0.hardwareAddress == endpoint.hardwareAddress })
                ?? (links.count == 1 ? links.first : nil)
            {
                return link
            }
            guard ContinuousClock.now < end else {
                throw RuntimeError(
                    .deadlineExceeded,
                    "no interface of it appeared in the host's network namespace within \(patience); left: name, "
                        + "namespace, \(EndpointSettings.all)")
            }
            usleep(20_000)
        }
    }

    private func report(_ failures: [String]) throws(RuntimeError) {
        guard !failures.isEmpty else { return }
        throw RuntimeError(.internalError, "left: \(failures.joined(separator: "; "))")
    }
}

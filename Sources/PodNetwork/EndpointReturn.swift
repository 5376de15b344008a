package import Linux
package import Netlink
package import RuntimeErrors

import Glibc
import Hypervisor

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
    let busInformation: @Sendable (NetworkNamespace) throws(RuntimeError) -> BusInformation
    let beforeRequest: NetlinkSession.BeforeRequest?

    /// - Parameters:
    ///   - host: A NETLINK_ROUTE socket of the host's network namespace.
    ///   - patience: How long to wait for the interface.
    ///   - busInformation: Asked instead of the drivers.
    ///   - beforeRequest: Passed before each request to the kernel.
    package init(
        roots: HostRoots, host: SharedDescriptor, patience: Duration = .seconds(10),
        busInformation: @escaping @Sendable (NetworkNamespace) throws(RuntimeError) -> BusInformation =
            ethtoolBusInformation(in:),
        beforeRequest: NetlinkSession.BeforeRequest? = nil
    ) {
        self.roots = roots
        self.host = host
        self.patience = patience
        self.busInformation = busInformation
        self.beforeRequest = beforeRequest
    }

    /// Puts several back, each whatever becomes of the others.
    ///
    /// - Returns: where each stands, or what is left to do, in their order.
    package func putAllBack(_ endpoints: [PhysicalEndpoint]) -> [Result<Place, RuntimeError>] {
        endpoints.map { endpoint in
            Result { () throws(RuntimeError) in try putBack(endpoint) }
        }
    }

    /// Puts one back. Whoever ends in the middle of it leaves what the next call, in any process, goes on with.
    ///
    /// - Throws: `RuntimeError` that says what is left to do, with the code of what failed first.
    package func putBack(_ endpoint: PhysicalEndpoint) throws(RuntimeError) -> Place {
        do {
            let hostSession = try NetlinkSession(over: host, beforeRequest: beforeRequest)
            guard let pod = try PodNamespace(of: endpoint) else {
                let link = try appeared(endpoint, hostSession)
                try report(EndpointSettings(endpoint, hostSession).restoreHardware(link))
                return .host(name: link.name)
            }
            let podSession = try NetlinkSession(over: pod.socket, beforeRequest: beforeRequest)
            let settings = EndpointSettings(endpoint, podSession)
            // One that is there has been moved before, or has never been away.
            let link =
                try present(endpoint, in: pod, podSession)
                ?? moved(endpoint, to: pod, from: hostSession, podSession)
            try report(settings.restoreAll(link))
            return .pod
        } catch {
            throw RuntimeError(
                statusCode(of: error), "can't put interface '\(endpoint.name)' of \(endpoint.function) back",
                cause: error)
        }
    }

    /// The endpoint's interface, where it is in the pod already. Its hardware address says nothing: it may be the
    /// driver's own still.
    private func present(
        _ endpoint: PhysicalEndpoint, in pod: PodNamespace, _ session: NetlinkSession
    ) throws -> Link? {
        guard let link = try session.link(named: endpoint.name),
            let text = try busInformation(pod.namespace)(link.name),
            HostPCIAddress(text) == endpoint.function
        else { return nil }
        return link
    }

    /// The interface, after it has come to the host and has been moved to the pod.
    private func moved(
        _ endpoint: PhysicalEndpoint, to pod: PodNamespace, from host: NetlinkSession,
        _ session: NetlinkSession
    ) throws -> Link {
        let link = try appeared(endpoint, host)
        do throws(KernelRefusal) {
            try host.move(link.index, to: pod.namespace.descriptor.raw, as: endpoint.name)
        } catch {
            throw RuntimeError(
                error,
                "'\(link.name)' on the host can't be moved to '\(endpoint.namespacePath)' as "
                    + "'\(endpoint.name)'; left: name, namespace, \(EndpointSettings.all)")
        }
        guard let moved = try session.link(named: endpoint.name) else {
            throw RuntimeError(
                .unavailable, "it vanished while it was moved; left: \(EndpointSettings.all)")
        }
        return moved
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

    private func report(_ failures: [EndpointSettings.Failure]) throws(RuntimeError) {
        guard let first = failures.first else { return }
        throw RuntimeError(
            first.refusal.errno.statusCode, "left: \(failures.map(\.description).joined(separator: "; "))")
    }
}

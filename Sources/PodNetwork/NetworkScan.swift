package import Linux
package import RuntimeErrors

import Hypervisor
import Netlink

/// Looks for functions of the host's in a pod's network namespace. Reads only.
package struct NetworkScan: Sendable {
    let namespace: NetworkNamespace
    let path: String
    let roots: HostRoots
    let busInformation: BusInformation?

    /// - Parameters:
    ///   - namespace: The pod's.
    ///   - path: Where it is found again, also by another process.
    ///   - busInformation: Asked instead of the drivers.
    package init(
        _ namespace: NetworkNamespace, path: String, roots: HostRoots, busInformation: BusInformation? = nil
    ) {
        self.namespace = namespace
        self.path = path
        self.roots = roots
        self.busInformation = busInformation
    }

    /// More interfaces than any pod has; the drivers are asked one by one.
    private static let linkLimit = 4096

    /// The interfaces that a PCI function is behind, with what is needed to put them back, by index.
    ///
    /// - Throws: `RuntimeError`.
    package func endpoints() throws(RuntimeError) -> [PhysicalEndpoint] {
        let ask: BusInformation
        if let busInformation { ask = busInformation } else { ask = try ethtoolBusInformation(in: namespace) }
        let socket = try namespace.socket(.route)
        do {
            let session = try NetlinkSession(over: socket)
            let links = try session.links()
            guard links.count <= Self.linkLimit else {
                throw RuntimeError(.resourceExhausted, "it has more than \(Self.linkLimit) interfaces")
            }
            var endpoints: [PhysicalEndpoint] = []
            for link in links where !link.isLoopback {
                guard let text = try ask(link.name), let function = HostPCIAddress(text) else { continue }
                endpoints.append(try endpoint(link, function, session))
            }
            return endpoints
        } catch {
            throw RuntimeError(
                statusCode(of: error),
                "can't look for network functions in the network namespace '\(path)'", cause: error)
        }
    }

    private func endpoint(
        _ link: Link, _ function: HostPCIAddress, _ session: NetlinkSession
    ) throws -> PhysicalEndpoint {
        guard let hardwareAddress = link.hardwareAddress else {
            throw RuntimeError(
                .unimplemented,
                "interface '\(link.name)' of \(function) has no Ethernet address; only Ethernet can be passed in"
            )
        }
        let status = try FileStatus(of: namespace.descriptor.raw)
        let host = try? FileStatus(of: "\(roots.proc)/1/ns/net")
        let routes = try session.routes().filter { $0.interface == link.index }
        let facts = FunctionFacts(roots)
        return PhysicalEndpoint(
            name: link.name, function: function, hardwareAddress: hardwareAddress, mtu: link.mtu,
            namespacePath: path, namespaceInode: status.inode, driver: try facts.driver(of: function),
            model: try facts.model(of: function), virtual: try facts.place(of: function), isUp: link.isUp,
            addresses: try session.addresses(of: link.index).filter(\.isPermanent),
            routes: routes.filter { !$0.isKernelMade && $0.kind == 1 },
            carriesHostDefaultRoute: host?.isSameFile(as: status) == true
                && routes.contains(where: \.isDefault))
    }
}

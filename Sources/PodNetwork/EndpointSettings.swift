import Linux
import Netlink

/// Gives an interface what an endpoint had. Each setting is tried, whatever becomes of the others.
struct EndpointSettings {
    private let endpoint: PhysicalEndpoint
    private let session: NetlinkSession

    init(_ endpoint: PhysicalEndpoint, _ session: NetlinkSession) {
        self.endpoint = endpoint
        self.session = session
    }

    /// All of them, for messages.
    static let all = "hardware address, MTU, addresses, routes, state"

    /// The endpoint's interface, where it is in its place already.
    func present() throws(KernelRefusal) -> Link? {
        guard let link = try session.link(named: endpoint.name) else { return nil }
        return link.hardwareAddress == endpoint.hardwareAddress ? link : nil
    }

    /// Hardware address and MTU.
    ///
    /// - Returns: what failed.
    func restoreHardware(_ link: Link) -> [String] {
        var failures: [String] = []
        if link.hardwareAddress != endpoint.hardwareAddress {
            attempt("hardware address \(endpoint.hardwareAddress)", &failures) { () throws(KernelRefusal) in
                try session.setHardwareAddress(link.index, endpoint.hardwareAddress)
            }
        }
        if link.mtu != endpoint.mtu {
            attempt("MTU \(endpoint.mtu)", &failures) { () throws(KernelRefusal) in
                try session.setMTU(link.index, endpoint.mtu)
            }
        }
        return failures
    }

    /// Everything.
    ///
    /// - Returns: what failed.
    func restoreAll(_ link: Link) -> [String] {
        var failures = restoreHardware(link)
        // IPv6 loses addresses that are there before the interface is up, routes can't be made before.
        if link.isUp != endpoint.isUp {
            attempt(endpoint.isUp ? "state up" : "state down", &failures) { () throws(KernelRefusal) in
                try session.setUp(link.index, endpoint.isUp)
            }
        }
        for address in endpoint.addresses {
            attempt("address \(address.local)", &failures) { () throws(KernelRefusal) in
                try session.add(address, to: link.index)
            }
        }
        restoreRoutes(link, &failures)
        return failures
    }

    private func restoreRoutes(_ link: Link, _ failures: inout [String]) {
        guard !endpoint.routes.isEmpty else { return }
        var there: [Route] = []
        attempt("routes", &failures) { () throws(KernelRefusal) in there = try session.routes() }
        // Those that a gateway's address is on come first.
        let order =
            endpoint.routes.filter { $0.gateway == nil } + endpoint.routes.filter { $0.gateway != nil }
        for var route in order {
            // Where it comes back under another index the route leads through that one.
            route.interface = link.index
            guard !there.contains(route) else { continue }
            attempt("route \(route)", &failures) { () throws(KernelRefusal) in
                try session.add(route, through: link.index)
            }
        }
    }

    private func attempt(
        _ name: String, _ failures: inout [String], _ body: () throws(KernelRefusal) -> Void
    ) {
        do throws(KernelRefusal) { try body() } catch { failures.append("\(name) (\(error))") }
    }
}

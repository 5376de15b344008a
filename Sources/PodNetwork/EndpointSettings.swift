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

    /// A setting that the kernel did not take.
    struct Failure: CustomStringConvertible {
        let setting: String
        let refusal: KernelRefusal

        var description: String { "\(setting) (\(refusal))" }
    }

    /// Hardware address and MTU.
    ///
    /// - Returns: what failed.
    func restoreHardware(_ link: Link) -> [Failure] {
        var failures: [Failure] = []
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
    func restoreAll(_ link: Link) -> [Failure] {
        var link = link
        var failures: [Failure] = []
        if link.isUp, link.hardwareAddress != endpoint.hardwareAddress {
            // Somebody set it up before it was whole; most drivers give it another address only while it is down.
            attempt("state down", &failures) { () throws(KernelRefusal) in
                try session.setUp(link.index, false)
                link.flags &= ~Link.up
            }
        }
        failures += restoreHardware(link)
        // IPv6 loses addresses that are there before the interface is up, routes can't be made before.
        if link.isUp != endpoint.isUp {
            attempt(endpoint.isUp ? "state up" : "state down", &failures) { () throws(KernelRefusal) in
                try session.setUp(link.index, endpoint.isUp)
            }
        }
        for address in endpoint.addresses {
            attempt("address \(address.local)", &failures) { () throws(KernelRefusal) in
                do throws(KernelRefusal) {
                    try session.add(address, to: link.index)
                } catch  where error.errno == .EEXIST {
                    // It has it already.
                }
            }
        }
        restoreRoutes(link, &failures)
        return failures
    }

    private func restoreRoutes(_ link: Link, _ failures: inout [Failure]) {
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
                do throws(KernelRefusal) {
                    try session.add(route, through: link.index)
                } catch  where error.errno == .EEXIST {
                    // Another one leads there too, or somebody has made this one meanwhile.
                    guard try session.routes().contains(route) else { throw error }
                }
            }
        }
    }

    private func attempt(
        _ name: String, _ failures: inout [Failure], _ body: () throws(KernelRefusal) -> Void
    ) {
        do throws(KernelRefusal) { try body() } catch {
            failures.append(Failure(setting: name, refusal: error))
        }
    }
}

import Linux
import Netlink
import Testing

@Suite(.enabled(if: isRoot, "needs root"))
struct AddressAndRouteTests {
    @Test func addressesComeAndGo() throws {
        let network = try LaboratoryNetwork()
        try network.ip("link add d0 up type veth peer name p0")
        let index = try network.link("d0").index
        let four = InterfaceAddress(
            local: try #require(IPPrefix("10.9.0.2/24")), broadcast: IPAddress("10.9.0.255"))
        let peer = InterfaceAddress(local: try #require(IPPrefix("10.8.0.1/32")), peer: IPAddress("10.8.0.2"))
        let six = InterfaceAddress(local: try #require(IPPrefix("fd00::2/64")), flags: 0x82)
        for address in [four, peer, six] {
            try network.session.add(address, to: index)
            // Again is no error.
            try network.session.add(address, to: index)
        }
        let found = try network.session.addresses(of: index).filter { $0.scope == 0 }
        #expect(Set(found) == [four, peer, six])
        try network.session.remove(four, from: index)
        #expect(try !network.session.addresses(of: index).contains(four))
        #expect(throws: KernelRefusal.self) { try network.session.remove(four, from: index) }
    }

    @Test func routesAreReadAndAdded() throws {
        let network = try LaboratoryNetwork()
        try network.ip("link add d0 up type veth peer name p0")
        try network.ip("addr add 10.9.0.2/24 dev d0")
        try network.ip("addr add fd00::2/64 nodad dev d0")
        let index = try network.link("d0").index
        let routes = [
            Route(family: 2, gateway: IPAddress("10.9.0.1"), interface: index, metric: 50),
            Route(
                family: 2, destination: IPPrefix("10.20.0.0/16"), gateway: IPAddress("10.9.0.3"),
                preferredSource: IPAddress("10.9.0.2"), interface: index, mtu: 1300),
            Route(
                family: 2, destination: IPPrefix("10.30.0.0/16"), interface: index, table: 1000, scope: 253),
            Route(
                family: 10, destination: IPPrefix("fd01::/48"), gateway: IPAddress("fd00::1"),
                interface: index, metric: 1024),
        ]
        for route in routes { try network.session.add(route, through: index) }
        let found = try network.session.routes().filter { $0.interface == index }
        for route in routes { #expect(found.contains(route), "\(route)") }
        #expect(found.contains { $0.isKernelMade && $0.destination == IPPrefix("10.9.0.0/24") })
        #expect(found.filter { $0.isDefault } == [routes[0]])
        let refusal = #expect(throws: KernelRefusal.self) {
            try network.session.add(routes[0], through: index)
        }
        #expect(refusal?.errno == .EEXIST)
    }

    @Test func textsAreRead() {
        #expect(IPAddress("10.0.0.256") == nil)
        #expect(IPAddress("10.0.0.1\0") == nil)
        #expect(IPPrefix("10.0.0.1/33") == nil)
        #expect(IPPrefix("fd00::1/128")?.description == "fd00::1/128")
        #expect(IPPrefix("fd00::1") == nil)
    }
}

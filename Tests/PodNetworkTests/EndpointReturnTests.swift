import FakeHost
import Glibc
import Hypervisor
import Linux
import Netlink
import PodNetwork
import RuntimeErrors
import Testing

@Suite(.enabled(if: isRoot, "needs root"))
struct EndpointReturnTests {
    @Test func theScanFindsWhatMustBePutBack() throws {
        let scene = try PodNetworkScene()
        try scene.furnishPod()
        let endpoints = try scene.scan()
        let endpoint = try #require(endpoints.first)
        #expect(endpoints.count == 1)
        #expect(endpoint.name == "net1" && endpoint.mtu == 1400 && endpoint.isUp)
        #expect(endpoint.hardwareAddress.description == "02:00:5e:10:00:01")
        #expect(endpoint.driver == "mlx5_core" && endpoint.model == "0x15b3:0x101e")
        #expect(endpoint.virtual?.physicalFunction.description == "0000:84:00.0")
        #expect(endpoint.virtual?.number == 3)
        #expect(endpoint.addresses.contains { $0.local.description == "10.9.0.2/24" })
        #expect(Set(endpoint.routes.map(\.description)) == ["default via 10.9.0.1", "10.20.0.0/16"])
        #expect(!endpoint.carriesHostDefaultRoute)
        // A veth's own driver names no PCI address.
        #expect(try NetworkScan(scene.pod, path: scene.podPath, roots: scene.fake.roots).endpoints().isEmpty)
    }

    @Test func theHostsDefaultRouteIsSeen() throws {
        let scene = try PodNetworkScene()
        try scene.furnishPod()
        // The pod has the host's network.
        let first = "\(scene.fake.roots.proc)/1/ns"
        try scene.shell("mkdir -p \(first) && ln -s \(scene.podPath) \(first)/net")
        #expect(try scene.scan().map(\.carriesHostDefaultRoute) == [true])
        try scene.ip(scene.pod, "route del default")
        #expect(try scene.scan().map(\.carriesHostDefaultRoute) == [false])
    }

    @Test func anInterfaceComesBackAsItWas() throws {
        let scene = try PodNetworkScene()
        try scene.furnishPod()
        let endpoint = try #require(try scene.scan().first)
        try scene.ip(scene.pod, "link del net1")
        try scene.interfaceAppears()
        #expect(try scene.putBack(endpoint) == .pod)
        #expect(try scene.hostSession.link(named: "vf0") == nil)
        var back = try #require(try scene.scan().first)
        back.addresses = endpoint.addresses.filter { back.addresses.contains($0) }
        for (index, route) in back.routes.enumerated() {
            back.routes[index] = endpoint.routes.first { $0.description == route.description } ?? route
        }
        #expect(Set(back.routes) == Set(endpoint.routes))
        back.routes = endpoint.routes
        #expect(back == endpoint)
        // Sysfs shows nothing any more now, and there is nothing to do.
        try scene.showInterfaces()
        #expect(try scene.putBack(endpoint) == .pod)
    }

    @Test func withoutThePodItStaysOnTheHost() throws {
        let scene = try PodNetworkScene()
        try scene.furnishPod()
        var endpoint = try #require(try scene.scan().first)
        try scene.interfaceAppears()
        // Another namespace stands at the path.
        endpoint.namespaceInode = 1
        #expect(try scene.putBack(endpoint) == .host(name: "vf0"))
        let link = try #require(try scene.hostSession.link(named: "vf0"))
        #expect(link.hardwareAddress == endpoint.hardwareAddress && link.mtu == 1400 && !link.isUp)
    }

    @Test func whatIsLeftIsSaid() throws {
        let scene = try PodNetworkScene()
        try scene.furnishPod()
        let endpoint = try #require(try scene.scan().first)
        try scene.ip(scene.pod, "link del net1")
        let late = #expect(throws: RuntimeError.self) { try scene.putBack(endpoint) }
        #expect(late?.code == .deadlineExceeded)
        #expect(
            late?.description.hasSuffix(
                "left: name, namespace, hardware address, MTU, addresses, routes, state") == true)
        // The name is taken meanwhile.
        try scene.ip(scene.pod, "link add net1 type bridge")
        try scene.interfaceAppears()
        let taken = #expect(throws: RuntimeError.self) { try scene.putBack(endpoint) }
        #expect(taken?.code == .alreadyExists)
        #expect(
            taken?.description.hasPrefix("can't put interface 'net1' of 0000:84:01.1 back: 'vf0'") == true)
    }

    @Test func anAdministrativeAddressThatIsRefusedIsAWarning() throws {
        let scene = try PodNetworkScene()
        try scene.furnishPod()
        var endpoint = try #require(try scene.scan().first)
        let socket = try scene.host.socket(.route)
        let none = setAdministrativeAddress(of: endpoint, roots: scene.fake.roots, host: socket)
        #expect(none?.hasSuffix("that has no interface in the host's network namespace") == true)
        try scene.ip(scene.host, "link add pf0 type veth peer name p1")
        let refused = try setAdministrativeAddress(
            of: endpoint, roots: scene.fake.roots, host: scene.host.socket(.route))
        #expect(refused?.hasSuffix("0000:84:00.0, interface 'pf0': operation not supported") == true)
        // Nor does the physical function have to be one that sysfs knows, nor the socket be one.
        try scene.shell("rm -r \(scene.fake.roots.sys)/bus/pci/devices/0000:84:00.0")
        let unknown = setAdministrativeAddress(of: endpoint, roots: scene.fake.roots, host: socket)
        #expect(unknown?.hasSuffix("that has no interface in the host's network namespace") == true)
        let null = try openDescriptor("/dev/null", flags: O_RDWR).shared()
        let broken = setAdministrativeAddress(of: endpoint, roots: scene.fake.roots, host: null)
        #expect(broken?.hasPrefix("can't set the hardware address 02:00:5e:10:00:01 of 0000:84:01.1") == true)
        endpoint.virtual = nil
        #expect(setAdministrativeAddress(of: endpoint, roots: scene.fake.roots, host: socket) == nil)
    }
}

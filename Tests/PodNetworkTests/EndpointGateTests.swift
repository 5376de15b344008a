import FakeHost
import Foundation
import Hypervisor
import Netlink
import PodNetwork
import RuntimeErrors
import Testing

@Suite struct EndpointGateTests {
    private func endpoint() throws -> PhysicalEndpoint {
        PhysicalEndpoint(
            name: "net1", function: try #require(HostPCIAddress("0000:84:01.1")),
            hardwareAddress: try #require(MACAddress("02:00:5e:10:00:01")), mtu: 9000,
            namespacePath: "/run/netns/p", driver: "mlx5_core", model: "0x15b3:0x101e")
    }

    @Test func withoutAPortTheErrorNamesAll() throws {
        let endpoint = try endpoint()
        // A port for what comes later is none for what is there when the machine boots.
        for gate in [
            EndpointGate(hasColdPlugPort: false),
            EndpointGate(hasColdPlugPort: false, hasHotPlugPort: true),
            EndpointGate(hasColdPlugPort: false, attachesLater: true),
        ] {
            let error = #expect(throws: RuntimeError.self) { try gate.admit([endpoint]) }
            #expect(error?.code == .failedPrecondition)
            let words = Set((error?.message ?? "").split { " ',:;".contains($0) }.map(String.init))
            #expect(words.isSuperset(of: ["net1", "0000", "84", "01.1", "cold_plug_vfio"]))
        }
        try EndpointGate(hasColdPlugPort: true).admit([endpoint])
        try EndpointGate(hasColdPlugPort: false, hasHotPlugPort: true, attachesLater: true).admit([endpoint])
        try EndpointGate(hasColdPlugPort: false).admit([])
    }

    @Test func whatCarriesTheHostsDefaultRouteStays() throws {
        var endpoint = try endpoint()
        endpoint.carriesHostDefaultRoute = true
        let error = #expect(throws: RuntimeError.self) {
            try EndpointGate(hasColdPlugPort: true).admit([endpoint])
        }
        #expect(error?.code == .failedPrecondition)
        #expect(
            error?.message.hasPrefix("can't pass interface 'net1', physical function 0000:84:01.1") == true)
    }

    /// S2-1: whoever is not let pass has changed nothing, neither in sysfs nor in the pod.
    @Test(.enabled(if: isRoot, "needs root")) func aRefusalWritesNothing() throws {
        let scene = try PodNetworkScene()
        try scene.furnishPod()
        let (files, network) = (try scene.fake.snapshot(), try NetworkState(scene.podSession))
        let endpoints = try scene.scan()
        let error = #expect(throws: RuntimeError.self) {
            try EndpointGate(hasColdPlugPort: false).admit(endpoints)
        }
        #expect(
            error?.message.hasPrefix(
                "can't pass interface 'net1', virtual function 0000:84:01.1, to the guest")
                == true)
        #expect(try scene.fake.snapshot() == files)
        #expect(try NetworkState(scene.podSession) == network)
    }

    @Test func allOfAnEndpointSurvivesTheJournal() throws {
        var endpoint = try endpoint()
        endpoint.namespaceInode = 77
        endpoint.virtual = .init(physicalFunction: try #require(HostPCIAddress("0000:84:00.0")), number: 3)
        endpoint.addresses = [InterfaceAddress(local: try #require(IPPrefix("fd00::2/64")))]
        endpoint.routes = [Route(family: 2, gateway: IPAddress("10.9.0.1"), interface: 4)]
        let data = try JSONEncoder().encode(endpoint)
        #expect(try JSONDecoder().decode(PhysicalEndpoint.self, from: data) == endpoint)
    }
}

import Foundation
import Hypervisor
import Netlink
import PodNetwork
import Testing

@Suite struct PhysicalEndpointTests {
    @Test func anEndpointSurvivesTheJournal() throws {
        let endpoint = PhysicalEndpoint(
            name: "net1", function: try #require(HostPCIAddress("0000:84:01.1")),
            hardwareAddress: try #require(MACAddress("02:00:5e:10:00:01")), mtu: 9000,
            namespacePath: "/run/netns/p")
        let data = try JSONEncoder().encode(endpoint)
        #expect(try JSONDecoder().decode(PhysicalEndpoint.self, from: data) == endpoint)
    }
}

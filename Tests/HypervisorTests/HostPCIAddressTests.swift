import Hypervisor
import Testing

@Suite struct HostPCIAddressTests {
    @Test func addressesAreReadAndWritten() throws {
        #expect(HostPCIAddress("0000:65:00.1")?.description == "0000:65:00.1")
        #expect(HostPCIAddress("65:1f.7")?.description == "0000:65:1f.7")
        #expect(HostPCIAddress("ffff:FF:00.0")?.description == "ffff:ff:00.0")
    }

    @Test(arguments: [
        "", "65", "0000:65:00", "0000:65:20.0", "0000:65:00.8", "10000:65:00.0", "+000:65:00.0",
        "0000:65:00.0/",
    ])
    func othersAreNot(text: String) {
        #expect(HostPCIAddress(text) == nil)
    }

    @Test func orderIsOfNumbers() throws {
        let all = try ["0000:0a:00.0", "0000:09:1f.7", "0001:00:00.0", "0000:0a:00.1"].map {
            try #require(HostPCIAddress($0))
        }
        #expect(
            all.sorted().map(\.description) == [
                "0000:09:1f.7", "0000:0a:00.0", "0000:0a:00.1", "0001:00:00.0",
            ])
    }
}

import Netlink
import Testing

@Suite struct MACAddressTests {
    @Test func theTextIsReadAndWritten() {
        #expect(MACAddress("02:00:5E:10:00:01")?.description == "02:00:5e:10:00:01")
        #expect(MACAddress("02:00:5e:10:00") == nil)
        #expect(MACAddress("02:00:5e:10:00:g1") == nil)
        #expect(MACAddress(bytes: [1, 2, 3, 4, 5]) == nil)
    }
}

import Testing

@testable import GuestRuntime

@Suite struct PCIAddressMapTests {
    private func map(_ pairs: [(String, String)]) throws -> PCIAddressMap {
        var map = PCIAddressMap()
        for (host, guest) in pairs {
            map.add(try #require(PCIFunctionAddress(host)), is: try #require(PCIFunctionAddress(guest)))
        }
        return map
    }

    @Test func addressesOfTheHostBecomeThoseOfTheGuest() throws {
        let map = try map([("0000:3b:02.1", "0000:01:00.0"), ("0000:3B:02.2", "0000:02:00.0")])
        let environment = [
            "PCIDEVICE_INTEL_COM_VF=0000:3b:02.2,0000:3B:02.1",
            #"PCIDEVICE_INTEL_COM_VF_INFO={"0000:3b:02.1":{"generic":{"deviceID":"0000:3b:02.1"}}}"#,
            "PATH=/bin:0000:3b:02.1", "PCIDEVICE_OTHER=0000:99:00.0,0000:3b:02.1,", "PCIDEVICE_NONE",
            "PCIDEVICE_é=é",
        ]
        #expect(
            map.rewritten(environment) == [
                "PCIDEVICE_INTEL_COM_VF=0000:02:00.0,0000:01:00.0",
                #"PCIDEVICE_INTEL_COM_VF_INFO={"0000:01:00.0":{"generic":{"deviceID":"0000:01:00.0"}}}"#,
                "PATH=/bin:0000:3b:02.1", "PCIDEVICE_OTHER=0000:99:00.0,0000:01:00.0,", "PCIDEVICE_NONE",
                "PCIDEVICE_é=é",
            ])
        #expect(PCIAddressMap().rewritten(environment) == environment)
    }

    /// The host has rewritten what the first process gets, and an exec comes with the host's addresses.
    @Test func whatTheHostHasRewrittenStays() throws {
        let map = try map([("0000:01:00.0", "0000:02:00.0"), ("0000:02:00.0", "0000:01:00.0")])
        let first = ["PCIDEVICE_A=0000:02:00.0"]
        #expect(map.rewritten(first) == first)
        #expect(map.rewritten(["PCIDEVICE_A=0000:01:00.0"], besides: first) == first)
        #expect(map.rewritten(first, besides: first) == first)
    }

    /// Two shares of one function can't be told apart by its address.
    @Test func anAddressOfTwoIsNobodys() throws {
        let map = try map([
            ("0000:01:00.0", "0000:05:00.0"), ("0000:01:00.0", "0000:06:00.0"),
            ("0000:01:00.0", "0000:05:00.0"),
            ("0000:02:00.0", "0000:07:00.0"),
        ])
        #expect(
            map.rewritten(["PCIDEVICE_A=0000:01:00.0,0000:02:00.0"])
                == ["PCIDEVICE_A=0000:01:00.0,0000:07:00.0"])
    }
}

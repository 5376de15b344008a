import FakeHost
import Hypervisor
import Testing

@testable import Sandbox

@Suite struct PCIDeviceVariablesTests {
    private let variables = PCIDeviceVariables([
        DeviceScene.nic("0000:3b:02.1", group: 9, at: "02/00", guest: "0000:3b:02.2"),
        DeviceScene.nic("0000:3b:02.2", group: 10, at: "03/00", guest: "0000:02:00.0"),
        DeviceScene.nic("0000:3b:02.3", group: 11, at: "04/00"),
    ])

    /// S2-17
    @Test func theGuestsAddressesAreToldWhereTheyAreKnown() {
        #expect(
            variables.rewritten([
                "PCIDEVICE_INTEL_COM_VF=0000:3b:02.1,0000:3B:02.2,0000:3b:02.3,0000:99:00.0",
                #"PCIDEVICE_INTEL_COM_VF_INFO={"0000:3b:02.2":{"generic":{"deviceID":"0000:3b:02.2"},"é":"/x/0000:3b:02.1"}}"#,
            ]) == [
                "PCIDEVICE_INTEL_COM_VF=0000:3b:02.2,0000:02:00.0,0000:3b:02.3,0000:99:00.0",
                #"PCIDEVICE_INTEL_COM_VF_INFO={"0000:02:00.0":{"generic":{"deviceID":"0000:02:00.0"},"é":"/x/0000:3b:02.2"}}"#,
            ])
    }

    @Test(arguments: [
        "PCIDEVICE_", "PCIDEVICE_X", "PCIDEVICE_X=", "XPCIDEVICE_X=0000:3b:02.1", "HOST=0000:3b:02.1", "",
        "pcidevice_x=0000:3b:02.1", "PCIDEVICE_X=00000:3b:02.1", "PCIDEVICE_X=0000:3b:02.11",
        "PCIDEVICE_X=3b:02.1",
    ])
    func everythingElseStays(_ entry: String) {
        #expect(variables.rewritten([entry]) == [entry])
    }

    @Test func sharesOfOneFunctionAreNotToldApart() throws {
        let shares = try (1...2).map { number in
            AttachedDevice(
                id: "m\(number)", host: .mediated(uuid: "\(number)"), group: number,
                path: try #require(PCIPath("0\(number)")), guestAddress: "0000:00:0\(number).0",
                vendor: 0x10de,
                classCode: 0x03_0000, parent: pci("0000:65:00.0"))
        }
        let entry = "PCIDEVICE_X=0000:65:00.0"
        #expect(PCIDeviceVariables(shares).rewritten([entry]) == [entry])
        #expect(PCIDeviceVariables([shares[1]]).rewritten([entry]) == ["PCIDEVICE_X=0000:00:02.0"])
    }
}

@Suite struct GuestAddressesTests {
    @Test func busesAreNumberedBridgeByBridge() throws {
        var topology = PCITopology(rootBus: .q35)
        let first = try topology.addRootPort()
        let downstream = try topology.addSwitch(downstreamPorts: 2)
        let last = try topology.addRootPort()
        let addresses = GuestAddresses(of: topology, hasFirmware: false)
        let places = try ([first] + downstream + [last]).map { try topology.place("x", behind: $0.id) }
        // The root ports are buses 1, 2 and 6; the switch has 3 inside and 4 and 5 behind it.
        #expect(
            places.map(addresses.address) == [
                "0000:01:00.0", "0000:04:00.0", "0000:05:00.0", "0000:06:00.0",
            ])
        #expect(addresses.address(of: try topology.placeOnRoot("y"))?.hasPrefix("0000:00:") == true)
        let other = GuestAddresses(of: topology, hasFirmware: true)
        #expect(places.compactMap(other.address).isEmpty)
        #expect(addresses.address(of: try #require(PCIPath("1e/00"))) == nil)
    }

    @Test func theFunctionIsPartOfTheAddress() throws {
        let addresses = GuestAddresses(of: PCITopology(rootBus: .flat), hasFirmware: false)
        #expect(addresses.address(of: try #require(PCIPath("1f.7"))) == "0000:00:1f.7")
        #expect(addresses.address(of: try #require(PCIPath("0001:02"))) == "0001:00:02.0")
    }
}

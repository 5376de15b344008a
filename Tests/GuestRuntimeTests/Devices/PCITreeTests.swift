import FakeHost
import Linux
import RuntimeErrors
import Testing

@testable import GuestRuntime

@Suite struct PCITreeTests {
    private func find(_ path: String, _ machine: FakeMachine) throws -> String? {
        try PCITree(machine.host.roots).function(at: try #require(GuestPCIPath(path)))?.description
    }

    @Test func aWayLeadsThroughBridges() throws {
        let machine = try FakeMachine()
        try machine.host.add(FakeFunction(pci("0000:00:02.0")))
        try machine.add(FakeFunction(pci("0000:05:00.1")), behind: "0000:00:03.0")
        try machine.add(.bridge(pci("0000:06:00.0")), behind: "0000:00:04.0")
        try machine.add(FakeFunction(pci("0000:07:1f.0")), behind: "0000:06:00.0")
        try machine.add(FakeFunction(pci("0001:01:00.0")), behind: "0001:00:01.0")
        #expect(try find("02", machine) == "0000:00:02.0")
        #expect(try find("03/00.1", machine) == "0000:05:00.1")
        #expect(try find("04/00/1f", machine) == "0000:07:1f.0")
        #expect(try find("0001:01/00", machine) == "0001:01:00.0")
        for path in ["05", "02.1", "03/00", "03/01", "02/00", "04/00/00", "04/00/1f/00", "0001:02", "01/00"] {
            #expect(try find(path, machine) == nil, "\(path)")
        }
    }

    @Test func aDiskIsFoundBelowItsFunction() throws {
        let machine = try FakeMachine()
        try machine.addDisk("0000:00:05.0", "253:16", name: "vdb")
        try machine.host.add(FakeFunction(pci("0000:00:06.0")))
        let disk = GuestDisk(machine.host.roots)
        #expect(
            try disk.number(of: try #require(PCIFunctionAddress("0000:00:05.0")))
                == DeviceNumber(major: 253, minor: 16))
        #expect(try disk.number(of: try #require(PCIFunctionAddress("0000:00:06.0"))) == nil)
        #expect(try disk.number(of: try #require(PCIFunctionAddress("0000:00:07.0"))) == nil)
    }

    @Test(arguments: ["", "253", "253:", ":16", "253:16:1", "a:b", "-1:2", "4294967296:0"])
    func whatIsNoNumberIsNoDisk(_ text: String) throws {
        let machine = try FakeMachine()
        try machine.addDisk("0000:00:05.0", text)
        #expect(
            try GuestDisk(machine.host.roots).number(of: try #require(PCIFunctionAddress("0000:00:05.0")))
                == nil)
    }
}

import FakeHost
import FoundationEssentials
import Linux
import RuntimeErrors
import Testing
import VFIO

@testable import HostDevices

@Suite struct DeviceTreeTests {
    @Test func theStandardHost() throws {
        let host = try FakeHost.standard()
        try host.writeNames()
        #expect(DeviceReport(host.roots).tree == Self.standard)
    }

    private static let standard = """
        VFIO works here, through iommufd and by group.

        IOMMU group 7 (DMA)
        │ all of it, '/dev/vfio/7': passable: yes
        ├─ 0000:64:01.0  PCI bridge: Intel Corporation device 352a [8086:352a]
        │    driver pcieport, stays with the host
        ├─ 0000:65:00.0  3D controller: NVIDIA Corporation GH100 [H100 SXM5 80GB] [10de:2330]
        │    driver nvidia, NUMA node 1
        │    passable: yes, with 0000:65:00.1
        └─ 0000:65:00.1  Audio device: NVIDIA Corporation AD102 High Definition Audio Controller [10de:22ba]
             driver snd_hda_intel
             passable: yes, with 0000:65:00.0

        IOMMU group 8 (DMA)
        └─ 0000:84:00.0  Ethernet controller: Mellanox Technologies ConnectX Family mlx5Gen Virtual Function
               [15b3:101e]
             driver mlx5_core, 1 virtual functions, interfaces ens1
             passable: no:
             - has 1 virtual functions, which would be lost
             - network interface 'ens1' is up

        IOMMU group 9 (DMA)
        └─ 0000:84:01.1  Ethernet controller: Mellanox Technologies ConnectX Family mlx5Gen Virtual Function
               [15b3:101e]
             driver mlx5_core, driver_override mlx5_core, virtual function of 0000:84:00.0, interfaces ens1v0
             passable: yes

        IOMMU group 11 (DMA)
        └─ 0000:a1:00.0  3D controller: NVIDIA Corporation GH100 [H100 SXM5 80GB] [10de:2330]
             no driver
             passable: yes
        """

    /// Functions stand below the bridges of their group that they are behind.
    @Test func functionsStandBelowTheirBridges() throws {
        let host = try FakeHost.standard()
        let path = "\(host.roots.sys)/devices/pci0000:64/\(port)"
        for address in [gpu, sound] {
            let link = host.folder(address)
            let target = try host.realPath(link)
            try host.remove(link)
            try host.link("\(path)/\(address)", to: target)
            try host.link(link, to: "\(path)/\(address)")
        }
        let lines = DeviceReport(host.roots).tree.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("└─ 0000:64:01.0") })
        #expect(lines.contains { $0.hasPrefix("   ├─ 0000:65:00.0") })
        #expect(lines.contains { $0.hasPrefix("   └─ 0000:65:00.1") })
    }

    @Test func linesFitATerminal() throws {
        let host = try FakeHost.standard()
        try host.add(.network(pci("0000:66:00.0"), group: 7, interface: "eth0"))
        try host.setInterface("eth0", isUp: true, hasDefaultRoute: true)
        let lines = DeviceReport(host.roots).tree.split(separator: "\n")
        #expect(lines.count > 20)
        for line in lines { #expect(line.count <= 110, "\(line)") }
    }

    @Test(arguments: [
        "", "word", String(repeating: "x", count: 300), "a " + String(repeating: "y ", count: 200),
    ])
    func breakingLosesNoWord(_ text: String) {
        let pieces = TreeText.broken(text, 40)
        let words = pieces.joined(separator: " ").split(separator: " ")
        #expect(words == text.split(separator: " "))
        for piece in pieces where piece.contains(" y") { #expect(piece.count <= 41) }
    }

    /// What the object is made of stays; new keys may be added.
    @Test func theFormOfTheObject() throws {
        let host = try FakeHost.standard()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let bytes = try encoder.encode(DeviceReport(host.roots))
        let report = try JSONDecoder().decode(Form.self, from: bytes)
        #expect(report.version == 1)
        #expect(report.groups.map(\.number) == [7, 8, 9, 11])
        #expect(
            report.groups[0].functions.map(\.address) == ["0000:64:01.0", "0000:65:00.0", "0000:65:00.1"])
        #expect(report.groups[0].functions[1].passable)
        #expect(!report.groups[1].functions[0].passable)
        let text = String(decoding: bytes, as: UTF8.self)
        for key in [
            "\"access\":\"iommufd\"", "\"obstacle\":null", "\"namesFile\":null", "\"owner\":null",
            "\"quarantine\":null",
            "\"numaNode\":null", "\"driver\":null", "\"class\":{\"id\":\"0x0302\",\"name\":null}",
        ] { #expect(text.contains(key), "\(key) in \(text)") }
    }

    private struct Form: Decodable {
        struct Group: Decodable {
            struct Function: Decodable {
                var address: String
                var passable: Bool
                var reasons: [String]
            }
            var number: Int
            var functions: [Function]
        }
        var version: Int
        var groups: [Group]
    }
}

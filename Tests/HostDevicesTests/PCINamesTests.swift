import FakeHost
import Linux
import Testing

@testable import HostDevices

@Suite struct PCINamesTests {
    private static let text = """
        # comment
        10de  NVIDIA Corporation
        \t2330  GH100 [H100 SXM5 80GB]
        \t\t10de 16c1  H100 80GB HBM3
        \t22ba  AD102 High Definition Audio Controller
        15b3  Mellanox Technologies
        \t2330  another device of that number
        C 03  Display controller
        \t00  VGA compatible controller
        \t\t00  VGA controller
        \t02  3D controller
        C 02  Network controller

        """

    private var wanted: PCINames.Wanted {
        var wanted = PCINames.Wanted()
        wanted.add(vendor: 0x10de, device: 0x2330, classCode: 0x03_0200)
        wanted.add(vendor: 0x15b3, device: 0x101e, classCode: 0x02_0000)
        return wanted
    }

    @Test func namesAreFound() {
        let names = PCINames(parsing: Array(Self.text.utf8), wanted)
        #expect(names.vendor(0x10de) == "NVIDIA Corporation")
        #expect(names.device(vendor: 0x10de, 0x2330) == "GH100 [H100 SXM5 80GB]")
        #expect(names.device(vendor: 0x15b3, 0x101e) == nil)
        #expect(names.vendor(0x15b3) == "Mellanox Technologies")
        #expect(names.deviceClass(0x03_0200) == "3D controller")
        #expect(
            names.deviceClass(0x02_0000) == "Network controller", "the base class where there is no subclass")
    }

    /// What nobody wants takes no memory.
    @Test func onlyWhatIsWantedIsKept() {
        let names = PCINames(parsing: Array(Self.text.utf8), wanted)
        #expect(names.device(vendor: 0x10de, 0x22ba) == nil)
        #expect(names.deviceClass(0x03_0000) == "Display controller")
    }

    @Test func namesAreNoCommandsToATerminal() {
        let text = "10de  \u{1b}]0;x\u{7} \u{202e}evil\r\n\t2330  \(String(repeating: "n", count: 5000))\n"
        let names = PCINames(parsing: Array(text.utf8), wanted)
        #expect(names.vendor(0x10de) == "\\u{1b}]0;x\\u{7} \\u{202e}evil\\u{d}")
        #expect(names.device(vendor: 0x10de, 0x2330) == String(repeating: "n", count: 160))
    }

    @Test(arguments: [
        "", "\n\n\n", "10de", "10de NVIDIA", "zzzz  no number", "\t2330  of no vendor", "C", "C 0", "C zz  x",
        "\t",
        "\t\t", "10d\u{e9}  x", "C 03  Display\n\t0  x\n\t\u{0}\u{0}  y",
    ])
    func nonsenseIsPassedOver(_ text: String) {
        let names = PCINames(parsing: Array(text.utf8) + [0xff, 0x0a, 0xfe], wanted)
        #expect(names.device(vendor: 0x10de, 0x2330) == nil)
    }

    @Test func theFirstFileThatCanBeReadCounts() throws {
        let host = try FakeHost()
        #expect(PCINames(host.roots, wanted).file == nil)
        #expect(PCINames(host.roots, wanted).problem == nil)
        try host.write(Self.text, to: host.roots.pciNames[1])
        #expect(PCINames(host.roots, wanted).file == host.roots.pciNames[1])
        try host.makeFolder(host.roots.pciNames[0])
        let names = PCINames(host.roots, wanted)
        #expect(names.vendor(0x10de) == "NVIDIA Corporation")
    }

    @Test func aHugeFileIsNotRead() throws {
        let host = try FakeHost()
        let line = "10de  \(String(repeating: "x", count: 4090))\n"
        try host.write(
            String(repeating: line, count: PCINames.sizeLimit / line.utf8.count + 1),
            to: host.roots.pciNames[0])
        let names = PCINames(host.roots, wanted)
        #expect(names.vendor(0x10de) == nil)
        #expect(names.problem?.hasPrefix("'\(host.roots.pciNames[0])' can't be read: ") == true)
    }

    @Test func aLinkInACircleIsNoFile() throws {
        let host = try FakeHost()
        try host.link(host.roots.pciNames[0], to: host.roots.pciNames[0])
        #expect(PCINames(host.roots, wanted).problem != nil)
    }
}

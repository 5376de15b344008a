import FakeHost
import Glibc
import Linux
import RuntimeErrors
import Testing
import VFIO

@testable import HostDevices

/// Whatever stands in sysfs and below `/run`, the list ends, and holds nothing that a terminal obeys.
@Suite struct HostileHostTests {
    private func check(_ host: FakeHost, _ words: String...) {
        let report = DeviceReport(host.roots)
        let tree = report.tree
        for word in words { #expect(tree.contains(word), "\(word) in \(tree)") }
        for scalar in tree.unicodeScalars {
            #expect(scalar == "\n" || scalar.value >= 0x20, "\(scalar.value)")
            #expect(!(0x7f...0x9f).contains(scalar.value))
        }
    }

    @Test func functionsThatAreBehindEachOther() throws {
        let host = try FakeHost.standard()
        for (address, bridge) in [(gpu, sound), (sound, gpu), (port, port)] {
            let folder = host.folder(address)
            let real = try host.realPath(folder)
            try host.remove(folder)
            // The text of the link says one thing, and where it leads is another.
            try checkedErrno { symlink("\(real)/../\(bridge)/../\(address)", folder) }
        }
        check(host)
        let functions = DeviceReport(host.roots).groups.flatMap(\.functions)
        let nodes = FunctionTree(
            functions.map { entry in
                var entry = entry
                entry.behind = entry.address == gpu ? sound : entry.address == sound ? gpu : entry.address
                return entry
            }
        ).nodes { TreeNode(lines: ["\($0.address)"]) }
        #expect(Set(nodes.flatMap(\.lines)).isSuperset(of: ["\(gpu)", "\(sound)", "\(port)"]))
    }

    @Test func bridgesBehindBridgesWithoutEnd() throws {
        let host = try FakeHost.standard()
        let entry = try #require(DeviceReport(host.roots).groups.first?.functions.first)
        let functions = (0..<2000).map { number in
            var entry = entry
            entry.address = pci(
                "0000:\(hexadecimal(number / 256)):\(hexadecimal(number % 256 / 8)).\(number % 8)")
            entry.behind =
                number == 0
                ? nil
                : pci(
                    "0000:\(hexadecimal((number - 1) / 256)):\(hexadecimal((number - 1) % 256 / 8)).\((number - 1) % 8)"
                )
            return entry
        }
        var count = 0
        _ = FunctionTree(functions).nodes { _ in
            count += 1
            return TreeNode(lines: [])
        }
        #expect(count == 2000)
    }

    private func hexadecimal(_ number: Int) -> String {
        let text = String(number, radix: 16)
        return text.utf8.count == 1 ? "0\(text)" : text
    }

    @Test func aMemberThatVanishes() throws {
        let host = try FakeHost.standard()
        try host.remove(try host.realPath(host.folder(gpu)))
        check(host, "0000:65:00.1", "0000:65:00.0  can't find pci function 0000:65:00.0")
        // The other one is still shown, and no pod would get it.
        #expect(DeviceReport(host.roots).groups.first?.functions.map(\.address) == [port, sound])
    }

    @Test func linksInACircle() throws {
        let host = try FakeHost.standard()
        let driver = "\(try host.realPath(host.folder(gpu)))/driver"
        try host.remove(driver)
        try host.link(driver, to: driver)
        let group = "\(host.roots.sys)/kernel/iommu_groups/99"
        try host.makeFolder("\(group)/devices")
        try host.link("\(group)/devices/loop", to: "\(group)/devices/loop")
        check(host, "loop  no PCI function")
    }

    @Test func namesWithEscapes() throws {
        let host = try FakeHost.standard()
        let name = "evil\u{1b}[31m\u{202e}"
        try host.makeFolder("\(host.roots.sys)/kernel/iommu_groups/98/devices/\(name)")
        try host.makeFolder("\(host.roots.sys)/class/net/\(name)")
        try host.link(
            "\(try host.realPath(host.folder(unbound)))/net/\(name)",
            to: "\(host.roots.sys)/class/net/\(name)")
        let driver = "\(try host.realPath(host.folder(sound)))/driver"
        try host.remove(driver)
        try host.link(driver, to: "\(host.roots.sys)/bus/pci/drivers/\(name)")
        check(host, "driver evil\\u{1b}[31m\\u{202e}", "interfaces evil\\u{1b}[31m\\u{202e}")
    }

    @Test func attributesThatMakeNoSense() throws {
        let host = try FakeHost.standard()
        try host.write(
            String(repeating: "9", count: 5000), to: "\(try host.realPath(host.folder(gpu)))/class")
        try host.write("0xzz\n", to: "\(try host.realPath(host.folder(unbound)))/vendor")
        check(host, "0000:65:00.0  can't read pci function", "0000:a1:00.0  can't read pci function")
    }

    @Test func aLockThatIsAnything() throws {
        let host = try FakeHost.standard()
        try host.write(String(repeating: "x", count: 100_000), to: "\(host.roots.run)/vfio/group-7.lock")
        try host.write("../../etc/passwd", to: "\(host.roots.run)/vfio/group-11.lock")
        try host.write("nonsense", to: "\(host.roots.run)/vfio/group-x.lock")
        try host.write("{", to: "\(host.roots.run)/vfio/quarantine/0000:65:00.0.json")
        try host.write("{", to: "\(host.roots.run)/vfio/bound/0000:65:00.0.json")
        check(host, "IOMMU group 11 (DMA), sandbox '../../etc/passwd' has it")
    }

    @Test func anEmptyHost() throws {
        let host = try FakeHost()
        #expect(DeviceReport(host.roots).groups.isEmpty)
        check(host)
    }
}

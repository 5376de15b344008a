import FakeHost
import Glibc
import HostUSB
import Hypervisor
import Linux
import RuntimeErrors
import Testing

/// A device says of itself what it likes, and may go at any moment.
@Suite struct HostileUSBTests {
    /// What stands in the place of a file of device 1-1.4, and what becomes of the device.
    static let nonsense: [(file: String, text: String?, code: RuntimeError.Code)] = [
        ("busnum", nil, .notFound), ("devnum", nil, .notFound), ("devpath", nil, .notFound),
        ("idVendor", nil, .notFound), ("bDeviceClass", nil, .notFound),
        ("busnum", "2", .dataLoss), ("busnum", "999", .dataLoss), ("busnum", "-1", .dataLoss),
        ("devnum", "0", .dataLoss), ("devnum", "128", .dataLoss), ("devnum", "", .dataLoss),
        ("devpath", "1.5", .dataLoss), ("devpath", "1.4\u{1b}[2J", .dataLoss),
        ("devpath", String(repeating: "1.", count: 5000), .dataLoss),
        ("idVendor", "46d", .dataLoss), ("idProduct", "zzzz", .dataLoss),
    ]

    @Test(arguments: nonsense.indices) func nonsenseIsOneDevicesOnly(_ index: Int) throws {
        let (file, text, code) = Self.nonsense[index]
        let host = try FakeHost.withUSB()
        let path = "\(host.usbFolder)/1-1.4/\(file)"
        if let text { try host.write(text, to: path) } else { try host.remove(path) }
        let error = #expect(throws: RuntimeError.self) { _ = try host.device(port: "1-1.4") }
        #expect(error?.code == code)
        #expect((error?.description.utf8.count ?? 0) < 400)
        #expect(error?.description.utf8.allSatisfy { (0x20..<0x7f).contains($0) } == true)
        #expect(!host.usbDevices().map(\.name).contains("1-1.4"))
        #expect(try host.device(port: "1-1.2").port == "1.2")
    }

    @Test func aCyclicLinkIsNoDevice() throws {
        let host = try FakeHost.withUSB()
        try host.link("\(host.usbFolder)/4-1", to: "\(host.usbFolder)/4-2")
        try host.link("\(host.usbFolder)/4-2", to: "\(host.usbFolder)/4-1")
        #expect(throws: RuntimeError.self) { _ = try host.device(port: "4-1") }
        #expect(host.usbDevices().count == 7)
    }

    @Test func serialsAreTakenAsBytesAndShownWithCare() throws {
        let host = try FakeHost.withUSB()
        let odd = "a\u{1b}]0;x\u{7}\n\u{e9}"
        for name in ["2-5", "2-6"] {
            try host.add(FakeUSBDevice(name, number: name == "2-5" ? 5 : 6, serial: odd))
        }
        let twins = #expect(throws: RuntimeError.self) { _ = try host.device(serial: odd) }
        #expect(
            twins?.message.contains("'a\\x1b]0;x\\x07\\x0a\\xc3\\xa9'") == true, "\(twins?.message ?? "")")
        try host.remove("\(host.usbFolder)/2-6")
        #expect(try host.device(serial: odd).port == "5")
        // Two characters that look alike are two serials.
        #expect(throws: RuntimeError.self) { _ = try host.device(serial: "a\u{1b}]0;x\u{7}\ne\u{301}") }
        let long = #expect(throws: RuntimeError.self) {
            _ = try host.device(serial: String(repeating: "s", count: 100_000))
        }
        #expect(long?.code == .notFound && (long?.message.utf8.count ?? 0) < 400)
    }

    @Test func aSerialThatIsTooLongOrNoFileIsNone() throws {
        let host = try FakeHost.withUSB()
        let path = "\(host.usbFolder)/1-1.4/serial"
        for command in ["yes | head -c 5000 > PATH", "rm PATH && mkfifo PATH", "rm PATH && mkdir PATH"] {
            #expect(system(command.replacing("PATH", with: path)) == 0)
            let stick = try #require(host.usbDevices().first { $0.name == "1-1.4" })
            #expect(stick.serial == nil)
        }
        #expect(try host.device(port: "1-1.4").port == "1.4")
    }

    @Test func aMountPointIsShownWithCare() throws {
        let host = try FakeHost.withUSB()
        let disk = try host.realPath("\(host.usbFolder)/2-3") + "/2-3:1.0/host6/block/sdb"
        try host.write("8:16\n", to: "\(disk)/dev")
        try host.link("\(host.roots.sys)/class/block/sdb", to: disk)
        let point = "/\u{1b}\\011" + String(repeating: "p", count: 4000)
        try host.write(
            "40 1 8:16 / \(point) rw - vfat /dev/sdb rw\n", to: "\(host.roots.proc)/self/mountinfo")
        let error = #expect(throws: RuntimeError.self) { _ = try host.device(port: "2-3") }
        #expect(error?.message.contains("is mounted at '/\\x1b\\x09ppp") == true)
        #expect((error?.message.utf8.count ?? 0) < 1500)
    }
}

import CDI
import FakeHost
import HostUSB
import Hypervisor
import Linux
import RuntimeErrors
import Testing

@Suite struct USBHostTests {
    private func message(_ body: () throws -> USBDevice) -> (code: RuntimeError.Code?, text: String) {
        let error = #expect(throws: RuntimeError.self) { _ = try body() }
        return (error?.code, error?.message ?? "")
    }

    @Test func devicesAreToldAsTheyAre() throws {
        let devices = try FakeHost.withUSB().usbDevices()
        #expect(devices.map(\.name) == ["1-1", "1-1.2", "1-1.3", "1-1.4", "2-3", "usb1", "usb2"])
        #expect(devices.map(\.kind) == [.hub, .device, .device, .device, .device, .rootHub, .rootHub])
        let stick = try #require(devices.first { $0.name == "1-1.4" })
        #expect(stick.bus == 1 && stick.number == 4 && stick.port == "1.4")
        #expect(stick.vendor == 0x046d && stick.product == 0xc52b && stick.serial == "AB12")
        #expect(stick.manufacturer == nil && stick.productName == nil)
        #expect(stick.description == "1-1.4 (046d:c52b)")
        #expect(stick.node == "/dev/bus/usb/001/004")
        #expect(try FakeHost().usbDevices().isEmpty)
    }

    @Test func nodePortAndSerialAreWaysToTheSameDevice() throws {
        let host = try FakeHost.withUSB()
        let before = try host.snapshot()
        let stick = USBDevice(bus: 1, port: "1.4", node: "/dev/bus/usb/001/004")
        #expect(try host.device(bus: 1, number: 4) == stick)
        #expect(try host.device(port: "1-1.4") == stick)
        #expect(try host.device(serial: "AB12") == stick)
        #expect(try host.device(.port("1-1.4")) == stick)
        #expect(try host.device(.serial("AB12")) == stick)
        // The drivers of a keyboard are no reason: they go when the guest takes it.
        #expect(try host.device(bus: 1, number: 5).port == "1.2")
        #expect(try host.snapshot() == before)
    }

    @Test func hubsStayWithTheHost() throws {
        let usb = try FakeHost.withUSB()
        for (code, text) in [
            message { try usb.device(port: "1-1") }, message { try usb.device(bus: 1, number: 2) },
        ] {
            #expect(code == .failedPrecondition)
            #expect(text == "can't pass on usb device 1-1 (0951:1666): it is a hub; name a device behind it")
        }
        for (code, text) in [
            message { try usb.device(port: "usb1") }, message { try usb.device(bus: 1, number: 1) },
            message { try usb.device(serial: "0000:00:14.0") },
        ] {
            #expect(code == .failedPrecondition)
            #expect(
                text.hasPrefix(
                    "can't pass on usb device usb1 (1d6b:1666): it is the root hub of a controller;"))
        }
    }

    @Test func twinsAreNotToldApartByTheirSerial() throws {
        let host = try FakeHost.withUSB()
        let (code, text) = message { try host.device(serial: "twin") }
        #expect(code == .failedPrecondition)
        #expect(
            text
                == "can't tell usb devices with the serial number 'twin' apart: there are 1-1.2 (0951:1666), "
                + "2-3 (0951:1666); name one by its port")
        #expect(try host.device(port: "2-3").bus == 2)
    }

    @Test func whatIsNotThereIsAnsweredWithWhatIs() throws {
        let host = try FakeHost.withUSB()
        let there = "there are 1-1.2 (0951:1666), 1-1.3 (0951:1666), 1-1.4 (046d:c52b), 2-3 (0951:1666)"
        for (code, text) in [
            message { try host.device(port: "1-9") }, message { try host.device(serial: "ab12") },
            message { try host.device(bus: 1, number: 9) },
        ] {
            #expect(code == .notFound && text.hasSuffix(there), "\(text)")
        }
        #expect(message { try FakeHost().device(port: "1-9") }.text.hasSuffix("there are none"))
        for number in 1...40 { try host.add(FakeUSBDevice("3-\(number)", number: number)) }
        let (_, text) = message { try host.device(serial: "x") }
        #expect(text.hasSuffix(" and 28 more") && text.utf8.count < 600)
    }

    @Test(arguments: ["", "1", "1-", "-1", "1-1:1.0", "1-1..2", "../1-1", "1-1/x", "01-1", "1-0", "1-1.4 "])
    func whatIsNoPortIsNotLookedFor(_ port: String) throws {
        let (code, text) = message { try FakeHost.withUSB().device(port: port) }
        #expect(
            code == .invalidArgument && text.hasPrefix("can't find usb device '\(port)': that is no port"))
    }

    @Test func withoutItsNodeADeviceIsOfNoUse() throws {
        let host = try FakeHost.withUSB()
        try host.remove(host.usbNode("1", 4))
        let (code, text) = message { try host.device(port: "1-1.4") }
        #expect(code == .failedPrecondition && text.contains("its node '/dev/bus/usb/001/004' can't be used"))
    }

    @Test func aNodeOfAnotherDeviceIsNotPassed() throws {
        let host = try FakeHost.withUSB()
        // /dev/null is 1:3.
        try host.remove(host.usbNode("1", 4))
        try host.link(host.usbNode("1", 4), to: "/dev/null")
        try host.write("189:3\n", to: "\(host.usbFolder)/1-1.4/dev")
        let (code, text) = message { try host.device(port: "1-1.4") }
        #expect(code == .failedPrecondition && text.contains("is another device's"))
        try host.write("1:3\n", to: "\(host.usbFolder)/1-1.4/dev")
        #expect(try host.device(port: "1-1.4").port == "1.4")
    }

    @Test func namesOfTheBuiltInKindsAreRead() throws {
        func name(_ text: String) throws -> USBName? { USBName(try #require(DeviceName(text))) }
        #expect(try name("swiftlet.usb/port=1-1.4") == .port("1-1.4"))
        #expect(try name("swiftlet.usb/serial=AB:12") == .serial("AB:12"))
        #expect(try name("swiftlet.usb/hub=1-1") == nil)
        #expect(try name("vendor.com/port=1-1.4") == nil)
    }
}

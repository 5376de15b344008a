import FakeHost
import HostUSB
import Hypervisor
import Linux

extension FakeHost {
    /// A controller with a hub and three devices behind it, one of them with a network interface, and another
    /// controller's stick with a disk.
    static func withUSB() throws -> FakeHost {
        let host = try FakeHost()
        try host.add(FakeUSBDevice("usb1", number: 1, deviceClass: 9, vendor: "1d6b", serial: "0000:00:14.0"))
        try host.add(FakeUSBDevice("usb2", number: 1, deviceClass: 9, vendor: "1d6b", serial: "0000:00:14.1"))
        try host.add(FakeUSBDevice("1-1", number: 2, deviceClass: 9, drivers: ["hub"]))
        try host.add(FakeUSBDevice("1-1.4", number: 4, vendor: "046d", product: "c52b", serial: "AB12"))
        try host.add(FakeUSBDevice("1-1.2", number: 5, serial: "twin", drivers: ["usbhid", nil]))
        try host.add(FakeUSBDevice("1-1.3", number: 6, serial: "net-1", drivers: ["cdc_ether"]))
        try host.add(FakeUSBDevice("2-3", number: 2, serial: "twin", drivers: ["usb-storage"]))
        return host
    }

    // The files go with the fake host: each question holds on to it.

    func usbDevices() -> [USBFunction] {
        withExtendedLifetime(self) { USBHost(roots).devices() }
    }

    func device(bus: Int, number: Int) throws -> USBDevice {
        try withExtendedLifetime(self) { try USBHost(roots).device(bus: bus, number: number) }
    }

    func device(port: String) throws -> USBDevice {
        try withExtendedLifetime(self) { try USBHost(roots).device(port: port) }
    }

    func device(serial: String) throws -> USBDevice {
        try withExtendedLifetime(self) { try USBHost(roots).device(serial: serial) }
    }

    func device(_ name: USBName) throws -> USBDevice {
        try withExtendedLifetime(self) { try USBHost(roots).device(name) }
    }
}

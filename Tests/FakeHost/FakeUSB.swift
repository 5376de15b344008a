import Linux

/// A USB device of a fake host, as it is before anybody opens it.
package struct FakeUSBDevice: Sendable {
    /// As sysfs names it, `1-1.4` or `usb1`.
    package var name: String
    package var number: Int
    /// bDeviceClass: 9 is a hub, 0 says that the interfaces know.
    package var deviceClass: UInt8
    package var vendor: String
    package var product: String
    package var serial: String?
    /// The drivers of its interfaces; nil for one without.
    package var drivers: [String?]

    /// Makes a device; see the properties.
    package init(
        _ name: String, number: Int, deviceClass: UInt8 = 0, vendor: String = "0951",
        product: String = "1666",
        serial: String? = nil, drivers: [String?] = [nil]
    ) {
        self.name = name
        self.number = number
        self.deviceClass = deviceClass
        self.vendor = vendor
        self.product = product
        self.serial = serial
        self.drivers = drivers
    }
}

extension FakeHost {
    /// `/sys/bus/usb/devices`.
    package var usbFolder: String { "\(roots.sys)/bus/usb/devices" }

    /// Plugs a device in, with its node unless told.
    ///
    /// - Returns: its folder below `/sys/devices`.
    @discardableResult
    package func add(_ device: FakeUSBDevice, node: Bool = true) throws -> String {
        let isRootHub = device.name.hasPrefix("usb")
        let sides = device.name.split(separator: "-").map(String.init)
        let bus = isRootHub ? String(device.name.dropFirst(3)) : sides[0]
        let port = isRootHub ? "0" : sides[1]
        var path = "\(roots.sys)/devices/pci0000:00/0000:00:14.0/usb\(bus)"
        if !isRootHub {
            // Each hub in between is a folder of its own.
            var chain: [Substring] = []
            for part in port.split(separator: ".") {
                chain.append(part)
                path += "/\(bus)-\(chain.joined(separator: "."))"
            }
        }
        func set(_ name: String, _ text: String) throws { try write("\(text)\n", to: "\(path)/\(name)") }
        try set("busnum", bus)
        try set("devnum", "\(device.number)")
        try set("devpath", port)
        try set("bDeviceClass", device.deviceClass < 16 ? "0\(device.deviceClass)" : "ef")
        try set("idVendor", device.vendor)
        try set("idProduct", device.product)
        if let serial = device.serial { try set("serial", serial) }
        try link("\(usbFolder)/\(device.name)", to: path)
        for (index, driver) in device.drivers.enumerated() where !isRootHub {
            let interface = "\(device.name):1.\(index)"
            try makeFolder("\(path)/\(interface)")
            try link("\(usbFolder)/\(interface)", to: "\(path)/\(interface)")
            guard let driver else { continue }
            try makeFolder("\(roots.sys)/bus/usb/drivers/\(driver)")
            try link("\(path)/\(interface)/driver", to: "\(roots.sys)/bus/usb/drivers/\(driver)")
        }
        if node { try write("", to: usbNode(bus, device.number)) }
        return path
    }

    /// The node of a device, `/dev/bus/usb/001/004`.
    package func usbNode(_ bus: String, _ number: Int) -> String {
        func digits(_ text: String) -> String { String(repeating: "0", count: 3 - text.utf8.count) + text }
        return "\(roots.dev)/bus/usb/\(digits(bus))/\(digits("\(number)"))"
    }
}

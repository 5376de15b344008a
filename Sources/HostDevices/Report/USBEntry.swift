import Linux

/// A USB device.
package struct USBEntry: Sendable, Equatable {
    /// Bus and chain of ports, such as `1-1.4`: its place, which stays when it is plugged in again.
    package var place: String
    package var bus: Int
    /// Its number on the bus, which changes with every plugging.
    package var number: Int
    /// Vendor and product, such as `0529:0001`.
    package var ids: String
    package var manufacturer: String?
    package var product: String?
    package var serial: String?
    /// Its node, such as `/dev/bus/usb/001/004`.
    package var node: String
    /// The drivers of its interfaces, each once.
    package var drivers: [String]
    /// A hub stays with the host.
    package var isHub: Bool
}

extension USBEntry: Encodable {
    private enum Key: String, CodingKey {
        case place, bus, number, ids, manufacturer, product, serial, node, drivers, hub
    }

    /// Writes every key always, null where there is nothing.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(place, forKey: .place)
        try container.encode(bus, forKey: .bus)
        try container.encode(number, forKey: .number)
        try container.encode(ids, forKey: .ids)
        try container.encode(manufacturer, forKey: .manufacturer)
        try container.encode(product, forKey: .product)
        try container.encode(serial, forKey: .serial)
        try container.encode(node, forKey: .node)
        try container.encode(drivers, forKey: .drivers)
        try container.encode(isHub, forKey: .hub)
    }
}

extension USBEntry {
    /// All USB devices of a host but its root hubs, by place; one that vanishes meanwhile or makes no sense is left
    /// out.
    static func all(_ roots: HostRoots) -> [USBEntry] {
        let folder = "\(roots.sys)/bus/usb/devices"
        let names = (try? SysfsReader().entries(folder)) ?? []
        return names.filter { isPlace($0) }.compactMap { name in
            USBEntry(name, folder, interfaces: names.filter { $0.hasPrefix("\(name):") })
        }
    }

    private init?(_ place: String, _ folder: String, interfaces: [String]) {
        let reader = SysfsReader()
        func text(_ name: String) -> String? {
            ((try? reader.attribute("\(folder)/\(place)/\(name)")) ?? nil).map { printable($0, limit: 160) }
        }
        func number(_ name: String) -> Int? {
            text(name).flatMap { Int($0) }.flatMap { (1...999).contains($0) ? $0 : nil }
        }
        guard let bus = number("busnum"), let number = number("devnum"), let vendor = text("idVendor"),
            let product = text("idProduct")
        else { return nil }
        self.place = place
        self.bus = bus
        self.number = number
        ids = "\(vendor):\(product)"
        manufacturer = text("manufacturer")
        self.product = text("product")
        serial = text("serial")
        node = "/dev/bus/usb/\(Self.padded(bus))/\(Self.padded(number))"
        let drivers = interfaces.compactMap { (try? reader.linkName("\(folder)/\($0)/driver")) ?? nil }
        self.drivers = Set(drivers).sorted().map { printable($0, limit: 160) }
        isHub = text("bDeviceClass") == "09"
    }

    /// `1-1.4`; neither a root hub, `usb1`, nor an interface, `1-1.4:1.0`.
    private static func isPlace(_ name: String) -> Bool {
        name.utf8.first.map { (0x30...0x39).contains($0) } == true
            && name.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x2e }
            && name.utf8.contains(0x2d)
    }

    private static func padded(_ number: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, 3 - text.utf8.count)) + text
    }
}

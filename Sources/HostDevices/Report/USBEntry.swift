import HostUSB
import Linux
import RuntimeErrors

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
    /// Why a pod that asks for it would not get it; empty if it would.
    package var reasons: [String]
}

extension USBEntry: Encodable {
    private enum Key: String, CodingKey {
        case place, bus, number, ids, manufacturer, product, serial, node, drivers, hub, passable, reasons
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
        try container.encode(reasons.isEmpty, forKey: .passable)
        try container.encode(reasons, forKey: .reasons)
    }
}

extension USBEntry {
    /// Of one text of a device's own, in bytes.
    private static let textLimit = 160

    /// All USB devices of a host but its root hubs, by place; one that vanishes meanwhile or makes no sense is left
    /// out.
    static func all(_ roots: HostRoots) -> [USBEntry] {
        let host = USBHost(roots)
        let folder = "\(roots.sys)/bus/usb/devices"
        let names = (try? SysfsReader().entries(folder)) ?? []
        return host.devices().filter { $0.kind != .rootHub }.map { function in
            let interfaces = names.filter { $0.hasPrefix("\(function.name):") }
            return USBEntry(function, on: host, interfaces: interfaces.map { "\(folder)/\($0)" })
        }
    }

    private init(_ function: USBFunction, on host: USBHost, interfaces: [String]) {
        func shown(_ text: String?) -> String? { text.map { printable($0, limit: Self.textLimit) } }
        place = function.name
        bus = function.bus
        number = function.number
        ids = "\(fourDigits(function.vendor)):\(fourDigits(function.product))"
        manufacturer = shown(function.manufacturer)
        product = shown(function.productName)
        serial = shown(function.serial)
        node = function.node
        let drivers = interfaces.compactMap { (try? SysfsReader().linkName("\($0)/driver")) ?? nil }
        self.drivers = Set(drivers).sorted().map { printable($0, limit: Self.textLimit) }
        isHub = function.kind == .hub
        reasons = []
        do throws(RuntimeError) { _ = try host.device(port: function.name) } catch {
            let text = error.description
            let start = "can't pass on usb device \(function): "
            reasons = [printable(text.hasPrefix(start) ? String(text.dropFirst(start.count)) : text)]
        }
    }
}

/// Hexadecimal, as vendors and products are written.
private func fourDigits(_ number: UInt16) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: max(0, 4 - text.utf8.count)) + text
}

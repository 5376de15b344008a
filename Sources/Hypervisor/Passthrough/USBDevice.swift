/// A USB device of the host that the guest gets behind an emulated controller.
package struct USBDevice: Codable, Sendable, Equatable {
    /// The bus number, 1…255.
    package var bus: Int
    /// The chain of ports from the root hub, such as `2` or `1.4`; it stays when the device is plugged in again.
    package var port: String
    /// The device's node on the host, such as `/dev/bus/usb/001/004`; it changes with every plugging.
    package var node: String
    /// Whether the monitor inherits the node, opened, because it may not open it.
    package var isInherited: Bool

    /// Makes a USB device; see the properties.
    package init(bus: Int, port: String, node: String, isInherited: Bool = false) {
        self.bus = bus
        self.port = port
        self.node = node
        self.isInherited = isInherited
    }
}

extension USBDevice: CustomStringConvertible {
    /// Bus and port as the kernel writes them: `1-1.4`.
    package var description: String { "\(bus)-\(port)" }
}

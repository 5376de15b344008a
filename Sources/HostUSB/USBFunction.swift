/// A USB device of the host as sysfs shows it.
package struct USBFunction: Sendable, Equatable {
    /// What kind of device it is.
    package enum Kind: Sendable {
        case device
        case hub
        /// The hub that is a part of the controller itself.
        case rootHub
    }

    /// The number of its bus, 1…255.
    package var bus: Int
    /// Its number on the bus, 1…127; a new one with every plugging.
    package var number: Int
    /// The chain of ports from the root hub, such as `1.4`; `0` of a root hub.
    package var port: String
    package var kind: Kind
    /// idVendor.
    package var vendor: UInt16
    /// idProduct.
    package var product: UInt16
    /// As the device says: nothing promises that it is unique, nor what characters it has.
    package var serial: String?
    /// As the device says.
    package var manufacturer: String?
    /// As the device says.
    package var productName: String?

    /// Its name in sysfs, `1-1.4` or `usb1`.
    package var name: String { kind == .rootHub ? "usb\(bus)" : "\(bus)-\(port)" }

    /// Its node, `/dev/bus/usb/001/004`.
    package var node: String { "/dev/bus/usb/\(Self.threeDigits(bus))/\(Self.threeDigits(number))" }

    private static func threeDigits(_ number: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, 3 - text.utf8.count)) + text
    }
}

extension USBFunction: CustomStringConvertible {
    /// `1-1.4 (046d:c52b)`.
    package var description: String { "\(name) (\(Self.hexadecimal(vendor)):\(Self.hexadecimal(product)))" }

    private static func hexadecimal(_ number: UInt16) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 4 - text.utf8.count) + text
    }
}

/// A device's own text as it may stand in a message: what is not printable ASCII as `\x` and two digits, and no more
/// than `limit` bytes of it.
func printable(_ text: String, limit: Int = 64) -> String {
    var result = ""
    for byte in text.utf8.prefix(limit) {
        if (0x20..<0x7f).contains(byte) {
            result.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            result += byte < 16 ? "\\x0" : "\\x"
            result += String(byte, radix: 16)
        }
    }
    return text.utf8.count > limit ? result + "…" : result
}

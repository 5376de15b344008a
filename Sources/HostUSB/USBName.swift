package import CDI

/// How a pod names a USB device of the host, as a CDI name of one of the kinds that the runtime resolves by itself and
/// no CDI file has to describe.
package enum USBName: Sendable, Hashable {
    /// `swiftlet.usb/port=1-1.4`: what is plugged in there, as sysfs names it.
    case port(String)
    /// `swiftlet.usb/serial=0123456789AB`: wherever it is plugged in. Only what CDI takes for a name can be said so.
    case serial(String)

    /// Reads a name; nil for one of another kind.
    package init?(_ name: DeviceName) {
        switch name.kind {
        case "swiftlet.usb/port": self = .port(name.name)
        case "swiftlet.usb/serial": self = .serial(name.name)
        default: return nil
        }
    }
}

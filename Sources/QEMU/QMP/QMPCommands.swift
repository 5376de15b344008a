/// Ends the negotiation; no other command is taken before.
struct NegotiateCapabilities: QMPCommand {
    typealias Reply = QMPNothing
    static let name = "qmp_capabilities"
}

/// Asks what the machine is doing.
struct QueryStatus: QMPCommand {
    /// The machine's state.
    struct Reply: Decodable, Sendable {
        /// Whether the processors run.
        var running: Bool
        /// `running`, `paused`, `prelaunch`, `shutdown`, `guest-panicked`, …
        var status: String
    }

    static let name = "query-status"
}

/// Ends QEMU.
struct Quit: QMPCommand {
    typealias Reply = QMPNothing
    static let name = "quit"
}

/// Presses the guest's power button.
struct PowerDown: QMPCommand {
    typealias Reply = QMPNothing
    static let name = "system_powerdown"
}

/// Holds the processors.
struct Pause: QMPCommand {
    typealias Reply = QMPNothing
    static let name = "stop"
}

/// Lets the processors run.
struct Resume: QMPCommand {
    typealias Reply = QMPNothing
    static let name = "cont"
}

/// Reads a property of an object, such as a device's PCI address.
struct ReadProperty<Value: Decodable & Sendable>: QMPCommand {
    typealias Reply = Value
    static var name: String { "qom-get" }

    /// The object's path, such as `/machine/peripheral/share`.
    var path: String
    /// The property's name.
    var property: String
}

/// Plugs a device in behind a port.
struct AddDevice: QMPCommand {
    typealias Reply = QMPNothing
    static let name = "device_add"

    /// QEMU's name for the kind of device.
    var driver: String
    /// The device's own name.
    var id: String
    /// The port.
    var bus: String
    /// The slot behind the port: `0x00`.
    var addr: String
}

/// Asks the guest to let go of a device. It has left when the event `DEVICE_DELETED` says so.
struct RemoveDevice: QMPCommand {
    typealias Reply = QMPNothing
    static let name = "device_del"

    /// The device's name.
    var id: String
}

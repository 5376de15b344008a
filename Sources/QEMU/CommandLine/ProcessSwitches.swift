/// `-sandbox` and `-run-with`: what the process itself may no longer do.
struct ConfinementSwitches: QEMUSwitch {
    /// The empty folder that becomes the process's root; nil for none.
    var emptyRoot: String?

    var arguments: [String] {
        let sandbox = OptionSwitch(
            "-sandbox", "on",
            ["obsolete", "elevateprivileges", "spawn", "resourcecontrol"].map { QEMUOption($0, "deny") })
        let root = emptyRoot.map { OptionSwitch("-run-with", nil, [QEMUOption("chroot", $0)]) }
        return sandbox.arguments + (root?.arguments ?? [])
    }
}

/// `-chardev` and `-mon`: QMP on a listening socket that QEMU inherits and does not wait on.
struct MonitorSwitches: QEMUSwitch {
    var descriptor: Int32

    var arguments: [String] {
        OptionSwitch(
            "-chardev", "socket",
            [
                QEMUOption("id", "qmp"), QEMUOption("fd", descriptor), QEMUOption("server", true),
                QEMUOption("wait", false),
            ]
        ).arguments
            + OptionSwitch("-mon", nil, [QEMUOption("chardev", "qmp"), QEMUOption("mode", "control")])
            .arguments
    }
}

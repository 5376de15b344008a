/// Everything that the runtime is configured with, checked.
package struct RuntimeConfiguration: Sendable, Equatable {
    /// The virtual machine monitor and its machine.
    package var hypervisor: HypervisorConfiguration
    /// `[agent.kata] dial_timeout`: how long the guest may take until its agent answers.
    package var dialTimeout: Duration
    /// `[agent.kata] debug_console_enabled`.
    package var debugConsole: Bool
    /// `[agent.kata] kernel_modules`.
    package var kernelModules: [KernelModule]
    /// `[agent.kata] enable_debug`.
    package var agentDebug: Bool
    /// `[runtime] create_container_timeout`: how long the agent may take to make a container.
    package var createContainerDeadline: Duration
    /// The opposite of `[runtime] disable_guest_seccomp`.
    package var guestSeccomp: Bool
    /// `[runtime] enable_debug`.
    package var debug: Bool
    /// `[runtime] shim_api_version`: 2 or 3, or nil to find out.
    package var shimAPIVersion: Int?
    /// Host devices.
    package var devices: DeviceConfiguration
    /// `[security]`.
    package var security: SecurityConfiguration
    /// Sentences to log once: what was read and is not done.
    package var warnings: [String]
    /// The files that were read, in order.
    package var files: [String]

    let settings: Settings
}

/// A module that the guest's agent loads when the sandbox starts.
package struct KernelModule: Sendable, Equatable {
    /// The module's name.
    package var name: String
    /// Its parameters, such as `debug=1`.
    package var parameters: [String]

    /// A line of the configuration: the name, and the parameters behind it, parted by blanks.
    init(_ line: String) {
        let words = line.split(separator: " ").map(String.init)
        name = words.first ?? ""
        parameters = Array(words.dropFirst())
    }

    /// Whether the name is one, and nothing that a program would take for an option or a path.
    var isUsable: Bool {
        guard let first = name.utf8.first, first != UInt8(ascii: "-") else { return false }
        return name.utf8.count <= 64 && name.utf8.allSatisfy(Self.isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default:
            false
        }
    }
}

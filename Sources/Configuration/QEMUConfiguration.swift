/// What only `[hypervisor.qemu]` has.
package struct QEMUConfiguration: Sendable, Equatable {
    package var machine: Machine
    package var accelerator: Accelerator
    /// To be added to the processor model behind a comma; empty for none.
    package var cpuFeatures: String
    /// nil is QEMU's own choice.
    package var firmware: String?
    /// The daemon for hosts without /dev/vhost-vsock.
    package var vsockDaemon: String
    /// Free PCIe root ports for devices that come later.
    package var rootPorts: Int
    /// Free ports of a PCIe switch for devices that come later.
    package var switchPorts: Int

    /// The machine type.
    package enum Machine: String, Sendable, CaseIterable {
        case q35
        case microvm
    }

    /// Who executes the guest's instructions.
    package enum Accelerator: String, Sendable, CaseIterable {
        case kvm
        case tcg
    }

    init(_ settings: Settings) {
        machine = Machine(rawValue: settings.text(.machineType)) ?? .q35
        accelerator = Accelerator(rawValue: settings.text(.accelerator)) ?? .kvm
        cpuFeatures = settings.text(.cpuFeatures)
        firmware = settings.path(.firmware)
        vsockDaemon = settings.text(.vsockDaemon)
        rootPorts = settings.integer(.pcieRootPort)
        switchPorts = settings.integer(.pcieSwitchPort)
    }
}

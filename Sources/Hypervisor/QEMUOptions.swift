/// What only QEMU understands of a plan.
package struct QEMUOptions: Codable, Sendable, Equatable {
    /// The machine types in use.
    package enum Machine: String, Codable, Sendable, CaseIterable {
        /// A PC with PCI Express; every device, hot-plug and pass-through work.
        case q35
        /// A small machine with PCI Express switched on.
        case microvm
    }

    /// The machine type.
    package var machine: Machine
    /// The firmware's path, such as qboot's; nil for QEMU's own choice.
    package var firmware: String?
    /// The processor model with its flags; nil means `host` under KVM and `max` under TCG.
    package var processorModel: String?
    /// The size of TCG's buffer of translated code in MiB; it dominates QEMU's private memory.
    package var translationBufferMebibytes: Int?
    /// An existing empty folder that becomes QEMU's root directory once all its files are open.
    package var emptyRoot: String?

    /// Makes an option bag.
    package init(
        machine: Machine = .q35, firmware: String? = nil, processorModel: String? = nil,
        translationBufferMebibytes: Int? = nil, emptyRoot: String? = nil
    ) {
        self.machine = machine
        self.firmware = firmware
        self.processorModel = processorModel
        self.translationBufferMebibytes = translationBufferMebibytes
        self.emptyRoot = emptyRoot
    }
}

/// The root bus of a machine: which of its 32 slots are taken before we place anything.
package enum PCIRootBus: String, Codable, Sendable, CaseIterable {
    /// QEMU's q35: the host bridge in slot 0, the LPC bridge in slot 1f.
    case q35
    /// QEMU's microvm with PCI Express: the host bridge in slot 0.
    case microvm
    /// Cloud Hypervisor's segment 0: flat, the host bridge in slot 0, no ports.
    case flat

    /// The slots that the machine itself holds.
    package var reservedSlots: Set<Int> {
        switch self {
        case .q35: [0x00, 0x1f]
        case .microvm, .flat: [0x00]
        }
    }

    /// Whether root ports and switches exist on this bus.
    package var hasPorts: Bool {
        self != .flat
    }
}

/// A bridge of the planned PCI Express tree.
package struct PCIPort: Codable, Sendable, Equatable {
    /// The three kinds of bridges in use.
    package enum Kind: String, Codable, Sendable {
        /// On the root bus; one device, or one switch, behind it.
        case root
        /// A switch's upper end, alone behind a root port.
        case switchUpstream
        /// One of a switch's lower ends; one device behind it.
        case switchDownstream
    }

    /// What the port is.
    package var kind: Kind
    /// Its name, unique among ports and devices.
    package var id: String
    /// Where it is.
    package var path: PCIPath
    /// Its chassis number; QEMU demands that (chassis, slot) be unique among ports. Unused for an upstream port.
    package var chassis: Int
    /// Its slot number within the chassis. Unused for an upstream port.
    package var slot: Int
    /// Whether a device may come and go while the guest runs. The guest then keeps address space for one that it
    /// does not know yet; a port whose device is there from the start needs none but that device's.
    package var isHotPluggable: Bool
    /// Whether it may claim a part of the I/O space, which ends after a few.
    package var claimsIO: Bool

    /// Makes a port; see the properties.
    package init(
        kind: Kind, id: String, path: PCIPath, chassis: Int, slot: Int, isHotPluggable: Bool = true,
        claimsIO: Bool = true
    ) {
        self.kind = kind
        self.id = id
        self.path = path
        self.chassis = chassis
        self.slot = slot
        self.isHotPluggable = isHotPluggable
        self.claimsIO = claimsIO
    }
}

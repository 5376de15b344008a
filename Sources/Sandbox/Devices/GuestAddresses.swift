package import Hypervisor

/// The addresses that the guest's kernel gives to PCI functions, as far as they are known before it boots.
///
/// A root bus is bus 0, and a segment a domain. SeaBIOS, which QEMU brings where no firmware is named, numbers the
/// other buses bridge by bridge in the order of their slots, each with all that is behind it before the next; Linux
/// keeps those numbers. Other firmware may leave gaps.
package struct GuestAddresses: Sendable {
    private let buses: [PCIPath: Int]

    /// Numbers the buses of a machine.
    package init(of topology: PCITopology, hasFirmware: Bool) {
        var buses: [PCIPath: Int] = [:]
        if !hasFirmware {
            // A path sorts after its bridge's and before the bridge's next neighbour: that is the order wanted.
            for (index, port) in topology.ports.map(\.path).sorted().enumerated() { buses[port] = index + 1 }
        }
        self.buses = buses
    }

    /// The address of the function at a path, such as `0000:01:00.0`; nil when it is the guest's to say.
    package func address(of path: PCIPath) -> String? {
        guard let last = path.hops.last else { return nil }
        var bus = 0
        if let bridge = path.bridge {
            guard let number = buses[bridge] else { return nil }
            bus = number
        }
        return HostPCIAddress(
            domain: Int(path.segment), bus: bus, slot: Int(last.slot), function: Int(last.function))?
            .description
    }
}

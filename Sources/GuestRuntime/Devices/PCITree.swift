package import Linux
package import RuntimeErrors

/// The PCI functions of this machine, as sysfs shows them.
package struct PCITree: Sendable {
    private let folder: String
    private let reader = SysfsReader()

    /// The functions below the roots of a machine.
    package init(_ roots: HostRoots) {
        folder = "\(roots.sys)/bus/pci/devices"
    }

    /// The folder of a function.
    func folder(of address: PCIFunctionAddress) -> String { "\(folder)/\(address)" }

    /// The function at the end of a way; nil while there is none.
    ///
    /// The numbers of the buses on the way are the kernel's to give: what is behind a bridge is in the bridge's folder,
    /// by its own address.
    package func function(at path: GuestPCIPath) throws(RuntimeError) -> PCIFunctionAddress? {
        var found: PCIFunctionAddress?
        for hop in path.hops {
            let next: PCIFunctionAddress?
            if let bridge = found {
                next = try below(bridge, at: hop)
            } else {
                next = PCIFunctionAddress(domain: path.segment, bus: 0, at: hop)
            }
            guard let next, reader.exists(folder(of: next)) else { return nil }
            found = next
        }
        return found
    }

    private func below(
        _ bridge: PCIFunctionAddress, at hop: GuestPCIPath.Hop
    ) throws(RuntimeError) -> PCIFunctionAddress? {
        let names: [String]
        do {
            names = try reader.entries(folder(of: bridge))
        } catch {
            throw RuntimeError(error, "can't look behind the guest's PCI bridge '\(bridge)'")
        }
        return names.lazy.compactMap { PCIFunctionAddress($0) }.first {
            $0.domain == bridge.domain && $0.bus != bridge.bus && $0.slot == hop.slot
                && $0.function == hop.function
        }
    }
}

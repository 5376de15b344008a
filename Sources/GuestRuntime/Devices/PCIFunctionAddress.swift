/// The address of a PCI function on one machine, host or guest, as its kernel writes it: `0000:3b:00.1`.
package struct PCIFunctionAddress: Sendable, Hashable {
    /// The PCI domain; a few hosts have some beyond 16 bits.
    package let domain: UInt32
    package let bus: UInt8
    /// 0…31.
    package let slot: UInt8
    /// 0…7.
    package let function: UInt8

    /// Makes an address from numbers that are in range.
    init(domain: UInt32, bus: UInt8, at hop: GuestPCIPath.Hop) {
        self.domain = domain
        self.bus = bus
        slot = hop.slot
        function = hop.function
    }

    /// Reads an address, its letters in either case; nil when the text is anything else.
    package init?(_ text: some StringProtocol) {
        guard (12...16).contains(text.utf8.count) else { return nil }
        let parts = Array(text.utf8).split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 3, let domain = HexNumber.read(parts[0], count: 4...8),
            let bus = HexNumber.read(parts[1], count: 2...2).flatMap(UInt8.init(exactly:)),
            let hop = GuestPCIPath.Hop(parts[2]), parts[2].count == 4
        else { return nil }
        self.init(domain: domain, bus: bus, at: hop)
    }
}

extension PCIFunctionAddress: CustomStringConvertible {
    /// As the kernel names its folder in sysfs.
    package var description: String {
        "\(HexNumber.text(domain, width: 4)):\(HexNumber.text(bus, width: 2)):\(HexNumber.text(slot, width: 2))"
            + ".\(function)"
    }
}

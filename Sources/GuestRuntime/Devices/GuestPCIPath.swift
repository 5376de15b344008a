/// The way from a root bus of the guest to a PCI function, in the words of the agent's protocol: `02`, `03/00`, or
/// `0001:02` on another segment than the first. A slot may have a function behind it, `1f.7`.
package struct GuestPCIPath: Sendable, Hashable {
    /// Deeper than any machine is built: each hop but the last is a bridge.
    package static let longest = 16

    /// The PCI segment, which is the guest's PCI domain.
    package let segment: UInt32
    /// At least one: bridges first, the function last.
    package let hops: [Hop]

    /// Slot and function on one bus.
    package struct Hop: Sendable, Hashable {
        /// 0…31.
        package let slot: UInt8
        /// 0…7.
        package let function: UInt8

        /// Reads `1f` or `1f.7`.
        init?(_ text: some Collection<UInt8>) {
            let digits = text.prefix(2)
            guard let slot = HexNumber.read(digits, count: 2...2), slot < 32 else { return nil }
            self.slot = UInt8(slot)
            let rest = Array(text.dropFirst(2))
            guard !rest.isEmpty else {
                function = 0
                return
            }
            guard rest.count == 2, rest[0] == UInt8(ascii: "."),
                let function = HexNumber.read(rest[1...], count: 1...1), function < 8
            else { return nil }
            self.function = UInt8(function)
        }
    }

    /// Reads a path; nil when the text is none, or is one of more than ``longest`` hops.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.longest * 5 + 4 else { return nil }
        var rest = Array(text.utf8)[...]
        var segment: UInt32 = 0
        if let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
            guard let number = HexNumber.read(rest[..<colon], count: 4...4) else { return nil }
            segment = number
            rest = rest[(colon + 1)...]
        }
        var hops: [Hop] = []
        for part in rest.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let hop = Hop(part), hops.count < Self.longest else { return nil }
            hops.append(hop)
        }
        guard !hops.isEmpty else { return nil }
        self.segment = segment
        self.hops = hops
    }
}

extension GuestPCIPath: CustomStringConvertible {
    /// The text that reads as this path.
    package var description: String {
        let way = hops.map(\.description).joined(separator: "/")
        return segment == 0 ? way : "\(HexNumber.text(segment, width: 4)):\(way)"
    }
}

extension GuestPCIPath.Hop: CustomStringConvertible {
    /// `1f` for function 0, else `1f.7`.
    package var description: String {
        HexNumber.text(slot, width: 2) + (function == 0 ? "" : ".\(function)")
    }
}

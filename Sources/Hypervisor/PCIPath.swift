/// The way from the root bus to a device: its own address and those of the bridges before it.
///
/// Bus numbers are the guest's to give; a path names a device before the guest has booted. It is written as
/// the agent protocol wants it: `02` or, behind a root port, `03/00`. On a segment other than the first its number
/// stands before: `0001:02`.
package struct PCIPath: Sendable, Hashable {
    /// The PCI segment, which is the guest's PCI domain.
    package let segment: UInt16
    /// At least one address: bridges first, the device last.
    package let hops: [PCIAddress]

    /// The path of a device on the root bus of a segment.
    package init(_ address: PCIAddress, segment: UInt16 = 0) {
        self.segment = segment
        hops = [address]
    }

    /// The path of a device at `address` on the bus behind `bridge`.
    package init(behind bridge: PCIPath, at address: PCIAddress) {
        segment = bridge.segment
        hops = bridge.hops + [address]
    }

    /// Reads a path; nil when the text is no path.
    package init?(_ text: String) {
        var segment: UInt16 = 0
        var rest = text[...]
        if let colon = text.firstIndex(of: ":") {
            let digits = text[..<colon]
            guard digits.utf8.count == 4, digits.allSatisfy(\.isHexDigit),
                let number = UInt16(digits, radix: 16), number > 0
            else { return nil }
            segment = number
            rest = text[text.index(after: colon)...]
        }
        var hops: [PCIAddress] = []
        for part in rest.split(separator: "/", omittingEmptySubsequences: false) {
            guard let address = PCIAddress(part) else { return nil }
            hops.append(address)
        }
        guard !hops.isEmpty else { return nil }
        self.segment = segment
        self.hops = hops
    }

    /// The path of the bridge before the device; nil for a device on the root bus.
    package var bridge: PCIPath? {
        hops.count > 1 ? PCIPath(segment: segment, hops: Array(hops.dropLast())) : nil
    }

    /// The place of another function of the same slot.
    package func function(_ number: Int) -> PCIPath? {
        guard let last = hops.last, let address = PCIAddress(slot: Int(last.slot), function: number) else {
            return nil
        }
        return PCIPath(segment: segment, hops: hops.dropLast() + [address])
    }

    private init(segment: UInt16, hops: [PCIAddress]) {
        self.segment = segment
        self.hops = hops
    }
}

extension PCIPath: CustomStringConvertible, Comparable, Codable {
    /// The addresses, separated by slashes, after the segment unless that is the first.
    package var description: String {
        let way = hops.map(\.description).joined(separator: "/")
        guard segment > 0 else { return way }
        let digits = String(segment, radix: 16)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits + ":" + way
    }

    /// Orders as a guest enumerates: segment by segment, bus by bus from the root.
    package static func < (left: PCIPath, right: PCIPath) -> Bool {
        guard left.segment == right.segment else { return left.segment < right.segment }
        return left.hops.lexicographicallyPrecedes(right.hops)
    }

    /// Reads the text form.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let path = PCIPath(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is no PCI path")
        }
        self = path
    }

    /// Writes the text form.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

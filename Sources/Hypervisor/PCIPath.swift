/// The way from the root bus to a device: its own address and those of the bridges before it.
///
/// Bus numbers are the guest's to give; a path names a device before the guest has booted. It is written as
/// the agent protocol wants it: `02` or, behind a root port, `03/00`.
package struct PCIPath: Sendable, Hashable {
    /// At least one address: bridges first, the device last.
    package let hops: [PCIAddress]

    /// The path of a device on the root bus.
    package init(_ address: PCIAddress) {
        hops = [address]
    }

    /// The path of a device at `address` on the bus behind `bridge`.
    package init(behind bridge: PCIPath, at address: PCIAddress) {
        hops = bridge.hops + [address]
    }

    /// Reads a path; nil when the text is no path.
    package init?(_ text: String) {
        var hops: [PCIAddress] = []
        for part in text.split(separator: "/", omittingEmptySubsequences: false) {
            guard let address = PCIAddress(part) else { return nil }
            hops.append(address)
        }
        guard !hops.isEmpty else { return nil }
        self.hops = hops
    }

    /// The path of the bridge before the device; nil for a device on the root bus.
    package var bridge: PCIPath? {
        hops.count > 1 ? PCIPath(hops: Array(hops.dropLast())) : nil
    }

    private init(hops: [PCIAddress]) {
        self.hops = hops
    }
}

extension PCIPath: CustomStringConvertible, Comparable, Codable {
    /// The addresses, separated by slashes.
    package var description: String {
        hops.map(\.description).joined(separator: "/")
    }

    /// Orders as a guest enumerates: bus by bus from the root.
    package static func < (left: PCIPath, right: PCIPath) -> Bool {
        left.hops.lexicographicallyPrecedes(right.hops)
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

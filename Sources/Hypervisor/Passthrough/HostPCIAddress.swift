/// The address of a PCI function on the host: domain, bus, slot, function.
///
/// Written as sysfs writes it, `0000:65:00.1`: four hexadecimal digits, two, two, and one octal digit.
package struct HostPCIAddress: Sendable, Hashable {
    /// 0…0xffff; the kernel's own numbers for what hangs behind a VMD go no further.
    package let domain: UInt16
    package let bus: UInt8
    /// 0…31.
    package let slot: UInt8
    /// 0…7.
    package let function: UInt8

    /// Makes an address; nil when a number is out of range.
    package init?(domain: Int = 0, bus: Int, slot: Int, function: Int) {
        guard let domain = UInt16(exactly: domain), let bus = UInt8(exactly: bus), (0...31).contains(slot),
            (0...7).contains(function)
        else { return nil }
        self.domain = domain
        self.bus = bus
        self.slot = UInt8(slot)
        self.function = UInt8(function)
    }

    /// Reads `0000:65:00.1`, or `65:00.1` with domain 0; nil when the text is anything else.
    package init?(_ text: some StringProtocol) {
        var fields = text.split(separator: ":", omittingEmptySubsequences: false)
        if fields.count == 2 { fields.insert("0000", at: 0) }
        guard fields.count == 3 else { return nil }
        let last = fields[2].split(separator: ".", omittingEmptySubsequences: false)
        guard last.count == 2, let domain = Self.number(fields[0], digits: 4),
            let bus = Self.number(fields[1], digits: 2), let slot = Self.number(last[0], digits: 2),
            let function = Self.number(last[1], digits: 1)
        else { return nil }
        self.init(domain: domain, bus: bus, slot: slot, function: function)
    }

    /// The same slot's function 0, which stands for the whole device.
    package var isFirstFunction: Bool { function == 0 }

    /// Whether both are functions of one slot.
    package func sharesSlot(with other: HostPCIAddress) -> Bool {
        (domain, bus, slot) == (other.domain, other.bus, other.slot)
    }

    private static func number(_ text: some StringProtocol, digits: Int) -> Int? {
        guard text.utf8.count == digits, text.allSatisfy(\.isHexDigit) else { return nil }
        return Int(text, radix: 16)
    }
}

extension HostPCIAddress: CustomStringConvertible, Comparable, Codable {
    /// `0000:65:00.1`.
    package var description: String {
        "\(Self.padded(Int(domain), 4)):\(Self.padded(Int(bus), 2)):\(Self.padded(Int(slot), 2)).\(function)"
    }

    private static func padded(_ number: Int, _ digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    /// Orders by number, field by field.
    package static func < (left: HostPCIAddress, right: HostPCIAddress) -> Bool {
        (left.domain, left.bus, left.slot, left.function)
            < (right.domain, right.bus, right.slot, right.function)
    }

    /// Reads the text form.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let address = HostPCIAddress(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is no PCI address")
        }
        self = address
    }

    /// Writes the text form.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A device's place on one PCI bus: slot 0…31 and function 0…7.
///
/// Written as the kernel and the agent protocol write it: two hexadecimal digits and, unless the function is
/// 0, a dot and the function.
package struct PCIAddress: Sendable, Hashable {
    /// 0…31.
    package let slot: UInt8
    /// 0…7.
    package let function: UInt8

    /// Makes an address; nil when a number is out of range.
    package init?(slot: Int, function: Int = 0) {
        guard (0...31).contains(slot), (0...7).contains(function) else { return nil }
        self.slot = UInt8(slot)
        self.function = UInt8(function)
    }

    /// Reads `1f` or `1f.7`; nil when the text is anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts[0].utf8.count == 2, let slot = UInt8(parts[0], radix: 16),
            parts[0].first?.isHexDigit == true
        else { return nil }
        guard parts.count == 2 else {
            self.init(slot: Int(slot))
            return
        }
        guard parts[1].utf8.count == 1, let function = UInt8(parts[1]) else { return nil }
        self.init(slot: Int(slot), function: Int(function))
    }
}

extension PCIAddress: CustomStringConvertible, Comparable {
    /// `1f` for function 0, else `1f.7`.
    package var description: String {
        let digits = String(slot, radix: 16)
        let padded = digits.utf8.count == 1 ? "0\(digits)" : digits
        return function == 0 ? padded : "\(padded).\(function)"
    }

    /// Orders as a guest enumerates: by slot, then by function.
    package static func < (left: PCIAddress, right: PCIAddress) -> Bool {
        (left.slot, left.function) < (right.slot, right.function)
    }
}

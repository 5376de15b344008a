/// The hardware address of an Ethernet interface.
package struct MACAddress: Sendable, Hashable {
    /// Six bytes, the first on the wire first.
    package let bytes: [UInt8]

    /// Takes six bytes; nil for any other number.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 6 else { return nil }
        self.bytes = Array(bytes)
    }

    /// Reads `02:00:5e:10:00:01`; nil when the text is anything else.
    package init?(_ text: some StringProtocol) {
        let fields = text.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count == 6, fields.allSatisfy({ $0.utf8.count == 2 && $0.allSatisfy(\.isHexDigit) })
        else { return nil }
        self.init(bytes: fields.compactMap { UInt8($0, radix: 16) })
    }
}

extension MACAddress: CustomStringConvertible, Codable {
    /// `02:00:5e:10:00:01`.
    package var description: String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined(separator: ":")
    }

    /// Reads the text form.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let address = MACAddress(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is no hardware address")
        }
        self = address
    }

    /// Writes the text form.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

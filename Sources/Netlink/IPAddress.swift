import Glibc

/// An IPv4 or IPv6 address.
package struct IPAddress: Sendable, Hashable {
    /// Four or sixteen bytes, the first on the wire first.
    package let bytes: [UInt8]

    /// Takes four or sixteen bytes; nil for any other number.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = Array(bytes)
    }

    /// Reads `10.0.0.1` or `fd00::1`; nil when the text is anything else.
    package init?(_ text: String) {
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        let isV6 = text.utf8.contains(UInt8(ascii: ":"))
        var bytes = [UInt8](repeating: 0, count: isV6 ? 16 : 4)
        guard inet_pton(isV6 ? AF_INET6 : AF_INET, text, &bytes) == 1 else { return nil }
        self.bytes = bytes
    }

    package var isV6: Bool { bytes.count == 16 }

    /// AF_INET or AF_INET6.
    var family: UInt8 { UInt8(clamping: isV6 ? AF_INET6 : AF_INET) }
}

/// A network, or an address in its network: `10.0.0.1/24`.
package struct IPPrefix: Sendable, Hashable {
    package let address: IPAddress
    /// How many bits stand for the network.
    package let length: UInt8

    /// Makes a prefix; nil when the length is more than the address has.
    package init?(_ address: IPAddress, length: UInt8) {
        guard Int(length) <= address.bytes.count * 8 else { return nil }
        self.address = address
        self.length = length
    }

    /// Reads `10.0.0.1/24`; nil when the text is anything else.
    package init?(_ text: String) {
        let fields = text.split(separator: "/", omittingEmptySubsequences: false)
        guard fields.count == 2, let address = IPAddress(String(fields[0])), let length = UInt8(fields[1])
        else { return nil }
        self.init(address, length: length)
    }
}

extension IPAddress: CustomStringConvertible, Codable {
    /// `10.0.0.1` or `fd00::1`.
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(isV6 ? AF_INET6 : AF_INET, bytes, &text, socklen_t(text.count)) != nil else {
            return "?"
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Reads the text form.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let address = IPAddress(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is no IP address")
        }
        self = address
    }

    /// Writes the text form.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension IPPrefix: CustomStringConvertible, Codable {
    /// `10.0.0.1/24`.
    package var description: String { "\(address)/\(length)" }

    /// Reads the text form.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let prefix = IPPrefix(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is no address with a prefix length")
        }
        self = prefix
    }

    /// Writes the text form.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

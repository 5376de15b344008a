/// One message of a netlink datagram: `struct nlmsghdr` of linux/netlink.h and what follows it.
package struct NetlinkMessage: Sendable, Equatable {
    /// RTM_* or NLMSG_*.
    package var type: UInt16
    /// NLM_F_*.
    package var flags: UInt16
    /// The number of the request that it belongs to.
    package var sequence: UInt32
    /// The fixed structure of its type, then attributes.
    package var payload: ArraySlice<UInt8>

    static let headerSize = 16

    /// Makes a message; see the properties.
    package init(type: UInt16, flags: UInt16, sequence: UInt32, payload: ArraySlice<UInt8>) {
        self.type = type
        self.flags = flags
        self.sequence = sequence
        self.payload = payload
    }

    /// The messages of a datagram.
    ///
    /// - Throws: `NetlinkFormatError` if one reaches over the end or is shorter than its header.
    package static func split(_ datagram: [UInt8]) throws(NetlinkFormatError) -> [NetlinkMessage] {
        var messages: [NetlinkMessage] = []
        var rest = datagram[...]
        while !rest.isEmpty {
            guard let length = rest.integer(at: 0, as: UInt32.self).flatMap({ Int(exactly: $0) }),
                let type = rest.integer(at: 4, as: UInt16.self), length >= headerSize,
                let flags = rest.integer(at: 6, as: UInt16.self),
                let sequence = rest.integer(at: 8, as: UInt32.self),
                let payload = rest.piece(at: headerSize, count: length - headerSize)
            else { throw NetlinkFormatError(object: "message") }
            messages.append(
                NetlinkMessage(type: type, flags: flags, sequence: sequence, payload: payload))
            rest = rest.dropFirst(aligned(length))
        }
        return messages
    }

    /// The message as it is sent; the kernel fills in who sent it.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(integer: UInt32(clamping: Self.headerSize + payload.count))
        bytes.append(integer: type)
        bytes.append(integer: flags)
        bytes.append(integer: sequence)
        bytes.append(integer: UInt32(0))
        bytes += payload
        bytes.align()
        return bytes
    }
}

/// Bytes that are not what they are said to be.
package struct NetlinkFormatError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What they should have been.
    package let object: String

    package var description: String { "the kernel's answer holds a malformed \(object)" }
}

/// `length` up to the next multiple of four; for lengths that were found to be within some bytes.
func aligned(_ length: Int) -> Int {
    length & 3 == 0 ? length : (length | 3) + 1
}

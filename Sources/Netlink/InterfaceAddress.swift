/// An IP address of an interface as RTM_NEWADDR tells of it.
package struct InterfaceAddress: Codable, Sendable, Hashable {
    /// The interface's own address and its network.
    package var local: IPPrefix
    /// The other end of a point-to-point link.
    package var peer: IPAddress?
    package var broadcast: IPAddress?
    /// RT_SCOPE_*: 0 is global, 253 of the link, 254 of the host.
    package var scope: UInt8
    /// IFA_F_* of linux/if_addr.h.
    package var flags: UInt32

    /// Makes an address; see the properties.
    package init(
        local: IPPrefix, peer: IPAddress? = nil, broadcast: IPAddress? = nil, scope: UInt8 = 0,
        flags: UInt32 = Self.permanent
    ) {
        self.local = local
        self.peer = peer
        self.broadcast = broadcast
        self.scope = scope
        self.flags = flags
    }

    /// IFA_F_PERMANENT: somebody has set it; others come and go by themselves.
    package static let permanent: UInt32 = 0x80
    /// IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN, what a
    /// caller may ask for; all else the kernel says.
    static let settable: UInt32 = 0x02 | 0x10 | 0x100 | 0x200 | 0x400

    package var isPermanent: Bool { flags & Self.permanent != 0 }
}

extension InterfaceAddress {
    /// Reads `struct ifaddrmsg` and its attributes.
    ///
    /// - Returns: the address with its interface's index; nil for a family other than IPv4 and IPv6.
    /// - Throws: `NetlinkFormatError`.
    static func decode(
        _ message: NetlinkMessage
    ) throws(NetlinkFormatError) -> (interface: UInt32, address: InterfaceAddress)? {
        guard let family = message.payload.integer(at: 0, as: UInt8.self),
            let length = message.payload.integer(at: 1, as: UInt8.self),
            let flags = message.payload.integer(at: 2, as: UInt8.self),
            let scope = message.payload.integer(at: 3, as: UInt8.self),
            let interface = message.payload.integer(at: 4, as: UInt32.self)
        else { throw NetlinkFormatError(object: "address") }
        guard let size = addressSize(family) else { return nil }
        let attributes = try AttributeList(message.payload.dropFirst(8))
        let address = try attributes.address(IFA.address, size: size)
        let local = try attributes.address(IFA.local, size: size)
        guard let own = local ?? address, let prefix = IPPrefix(own, length: length) else {
            throw NetlinkFormatError(object: "address")
        }
        return (
            interface,
            InterfaceAddress(
                local: prefix, peer: address == own ? nil : address,
                broadcast: try attributes.address(IFA.broadcast, size: size), scope: scope,
                flags: attributes.integer(IFA.flags) ?? UInt32(flags))
        )
    }

    /// The payload of RTM_NEWADDR and RTM_DELADDR.
    func encoded(interface: Int32) -> [UInt8] {
        var fixed: [UInt8] = [local.address.family, local.length, 0, scope]
        fixed.append(integer: interface)
        var writer = AttributeWriter(after: fixed)
        writer.add(IFA.local, local.address.bytes)
        writer.add(IFA.address, (peer ?? local.address).bytes)
        if let broadcast { writer.add(IFA.broadcast, broadcast.bytes) }
        writer.add(IFA.flags, integer: flags & Self.settable)
        return writer.bytes
    }
}

/// IFA_* of linux/if_addr.h.
private enum IFA {
    static let address: UInt16 = 1
    static let local: UInt16 = 2
    static let broadcast: UInt16 = 4
    static let flags: UInt16 = 8
}

/// Bytes of an address of the family; nil for one that is neither AF_INET nor AF_INET6.
func addressSize(_ family: UInt8) -> Int? {
    switch family {
    case 2: 4
    case 10: 16
    default: nil
    }
}

extension AttributeList {
    /// An address of `size` bytes; nil if there is none.
    ///
    /// - Throws: `NetlinkFormatError` for one of another size.
    func address(_ type: UInt16, size: Int) throws(NetlinkFormatError) -> IPAddress? {
        guard let bytes = bytes(type) else { return nil }
        guard bytes.count == size, let address = IPAddress(bytes: bytes) else {
            throw NetlinkFormatError(object: "address")
        }
        return address
    }
}

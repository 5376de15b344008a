/// A network interface as RTM_NEWLINK tells of it.
package struct Link: Sendable, Equatable {
    package var index: Int32
    package var name: String
    /// nil for an interface whose address is no Ethernet address.
    package var hardwareAddress: MACAddress?
    /// Largest packet, in bytes.
    package var mtu: UInt32
    /// IFF_* of linux/if.h.
    package var flags: UInt32
    /// IF_OPER_*: 6 is up, 2 is down, 0 is unknown.
    package var operationalState: UInt8
    /// The kernel's word for a virtual interface, such as `veth` or `dummy`; nil for hardware.
    package var kind: String?
    /// The index of the bridge or bond that it is part of.
    package var master: Int32?

    /// IFF_UP: somebody has set it up.
    package var isUp: Bool { flags & Self.up != 0 }
    /// IFF_LOOPBACK.
    package var isLoopback: Bool { flags & 0x8 != 0 }

    /// The flag of ``isUp``.
    package static let up: UInt32 = 1
}

extension Link {
    /// Reads `struct ifinfomsg` and its attributes.
    ///
    /// - Throws: `NetlinkFormatError`.
    package init(_ message: NetlinkMessage) throws(NetlinkFormatError) {
        guard let index = message.payload.integer(at: 4, as: Int32.self),
            let flags = message.payload.integer(at: 8, as: UInt32.self), message.payload.count >= 16
        else { throw NetlinkFormatError(object: "link") }
        let attributes = try AttributeList(message.payload.dropFirst(16))
        guard let name = attributes.text(IFLA.name), Self.isName(name) else {
            throw NetlinkFormatError(object: "name of a link")
        }
        self.index = index
        self.name = name
        self.flags = flags
        hardwareAddress = attributes.bytes(IFLA.address).flatMap { MACAddress(bytes: $0) }
        mtu = attributes.integer(IFLA.mtu) ?? 0
        operationalState = attributes.integer(IFLA.operationalState) ?? 0
        master = attributes.integer(IFLA.master)
        if let information = attributes.bytes(IFLA.information) {
            kind = try AttributeList(information).text(IFLA.kind)
        }
    }

    /// Whether the kernel takes `name` for an interface: 1 to 15 bytes, no space, `/` or `:`, neither `.` nor `..`
    /// (dev_valid_name of net/core/dev.c).
    package static func isName(_ name: String) -> Bool {
        guard (1...15).contains(name.utf8.count), name != ".", name != ".." else { return false }
        return name.utf8.allSatisfy {
            $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":")
        }
    }
}

/// IFLA_* of linux/if_link.h.
enum IFLA {
    static let address: UInt16 = 1
    static let name: UInt16 = 3
    static let mtu: UInt16 = 4
    static let master: UInt16 = 10
    static let operationalState: UInt16 = 16
    static let information: UInt16 = 18
    /// IFLA_INFO_KIND, within `information`.
    static let kind: UInt16 = 1
    static let virtualFunctions: UInt16 = 22
    /// IFLA_VF_INFO, within `virtualFunctions`.
    static let virtualFunction: UInt16 = 1
    /// IFLA_VF_MAC, within `virtualFunction`.
    static let virtualFunctionAddress: UInt16 = 1
    static let namespaceDescriptor: UInt16 = 28
}

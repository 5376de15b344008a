/// A route as RTM_NEWROUTE tells of it. One over several interfaces has no `interface`.
package struct Route: Codable, Sendable, Hashable {
    /// AF_INET or AF_INET6.
    package var family: UInt8
    /// nil for the default route.
    package var destination: IPPrefix?
    package var gateway: IPAddress?
    /// The source address of packets that choose none.
    package var preferredSource: IPAddress?
    /// The index of the interface that it leads through.
    package var interface: Int32?
    /// The number of the table; 254 is the main one.
    package var table: UInt32
    /// RTPROT_*: who made it; 2 is the kernel, 3 whoever booted the machine, 4 an administrator.
    package var origin: UInt8
    /// RT_SCOPE_*.
    package var scope: UInt8
    /// RTN_*: 1 is unicast.
    package var kind: UInt8
    /// RTA_PRIORITY; the lowest counts.
    package var metric: UInt32?
    /// RTNH_F_*: 4 says that the gateway is on the link whatever the addresses say.
    package var flags: UInt32
    /// The largest packet on this route, in bytes, where it is set.
    package var mtu: UInt32?

    /// Makes a route; see the properties.
    package init(
        family: UInt8, destination: IPPrefix? = nil, gateway: IPAddress? = nil,
        preferredSource: IPAddress? = nil, interface: Int32? = nil, table: UInt32 = 254, origin: UInt8 = 4,
        scope: UInt8 = 0, kind: UInt8 = 1, metric: UInt32? = nil, flags: UInt32 = 0, mtu: UInt32? = nil
    ) {
        self.family = family
        self.destination = destination
        self.gateway = gateway
        self.preferredSource = preferredSource
        self.interface = interface
        self.table = table
        self.origin = origin
        self.scope = scope
        self.kind = kind
        self.metric = metric
        self.flags = flags
        self.mtu = mtu
    }

    /// The default route of a main table.
    package var isDefault: Bool { destination == nil && table == 254 && kind == 1 }
    /// RTPROT_KERNEL, RTPROT_REDIRECT, RTPROT_RA: the kernel makes such a route again by itself.
    package var isKernelMade: Bool { [1, 2, 9].contains(origin) }

    /// RTNH_F_ONLINK, the only flag that a caller may set.
    static let onLink: UInt32 = 4
}

extension Route: CustomStringConvertible {
    /// `10.0.0.0/8 via 10.0.0.1`.
    package var description: String {
        (destination?.description ?? "default") + (gateway.map { " via \($0)" } ?? "")
    }
}

extension Route {
    /// Reads `struct rtmsg` and its attributes.
    ///
    /// - Returns: nil for a family other than IPv4 and IPv6, and for a cached route.
    /// - Throws: `NetlinkFormatError`.
    static func decode(_ message: NetlinkMessage) throws(NetlinkFormatError) -> Route? {
        let fixed = Array(message.payload.prefix(8))
        guard fixed.count == 8, let flags = message.payload.integer(at: 8, as: UInt32.self) else {
            throw NetlinkFormatError(object: "route")
        }
        // RTM_F_CLONED
        guard let size = addressSize(fixed[0]), flags & 0x200 == 0 else { return nil }
        let attributes = try AttributeList(message.payload.dropFirst(12))
        var route = Route(family: fixed[0], origin: fixed[5], scope: fixed[6], kind: fixed[7])
        if fixed[1] > 0 || attributes.bytes(RTA.destination) != nil {
            guard let address = try attributes.address(RTA.destination, size: size),
                let prefix = IPPrefix(address, length: fixed[1])
            else { throw NetlinkFormatError(object: "destination of a route") }
            route.destination = prefix
        }
        route.gateway = try attributes.address(RTA.gateway, size: size)
        route.preferredSource = try attributes.address(RTA.preferredSource, size: size)
        route.interface = attributes.integer(RTA.interface)
        route.table = attributes.integer(RTA.table) ?? UInt32(fixed[4])
        route.metric = attributes.integer(RTA.metric)
        route.flags = flags & Self.onLink
        if let metrics = attributes.bytes(RTA.metrics) {
            route.mtu = try AttributeList(metrics).integer(RTA.mtu)
        }
        return route
    }

    /// The payload of RTM_NEWROUTE, leading through `interface`.
    func encoded(interface: Int32) -> [UInt8] {
        var fixed: [UInt8] = [family, destination?.length ?? 0, 0, 0, 0, origin, scope, kind]
        fixed.append(integer: flags & Self.onLink)
        var writer = AttributeWriter(after: fixed)
        if let destination { writer.add(RTA.destination, destination.address.bytes) }
        if let gateway { writer.add(RTA.gateway, gateway.bytes) }
        if let preferredSource { writer.add(RTA.preferredSource, preferredSource.bytes) }
        if let metric { writer.add(RTA.metric, integer: metric) }
        if let mtu { writer.add(RTA.metrics, nested: { $0.add(RTA.mtu, integer: mtu) }) }
        writer.add(RTA.interface, integer: interface)
        writer.add(RTA.table, integer: table)
        return writer.bytes
    }
}

/// RTA_* of linux/rtnetlink.h.
private enum RTA {
    static let destination: UInt16 = 1
    static let interface: UInt16 = 4
    static let gateway: UInt16 = 5
    static let metric: UInt16 = 6
    static let preferredSource: UInt16 = 7
    static let metrics: UInt16 = 8
    /// RTAX_MTU, within `metrics`.
    static let mtu: UInt16 = 2
    static let table: UInt16 = 15
}

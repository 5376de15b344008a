internal import CLinux
package import Linux
package import RuntimeErrors

/// What the drivers of a namespace's interfaces say of their places on a bus: the answer for a name, nil if there is
/// none. Tests put their own in its place.
package typealias BusInformation = @Sendable (_ interface: String) throws(Errno) -> String?

/// The look-up by ethtool in `namespace` (SIOCETHTOOL with ETHTOOL_GDRVINFO).
///
/// - Throws: `RuntimeError` if the namespace can't be entered.
package func ethtoolBusInformation(in namespace: NetworkNamespace) throws(RuntimeError) -> BusInformation {
    let socket = try namespace.socket(.ethtool)
    return { (interface) throws(Errno) in
        var text = [CChar](repeating: 0, count: Int(CLINUX_BUS_INFO_SIZE))
        do throws(Errno) {
            try checked(CLinux_ethtool_bus_info(socket.raw, interface, &text))
        } catch {
            // A virtual interface has no driver that knows; one that has gone has none either.
            if error == .EOPNOTSUPP || error == .ENODEV { return nil }
            throw error
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

package import Linux

import Netlink

/// Sets the address that a virtual function's driver in the guest will find, through its physical function.
///
/// Must be done before the function is bound to VFIO: some drivers take it over only when they begin.
///
/// - Parameter host: A NETLINK_ROUTE socket of the host's network namespace.
/// - Returns: a warning if it could not be done, which is no reason to go without the function; nil also for an
///   endpoint that is no virtual function.
package func setAdministrativeAddress(
    of endpoint: PhysicalEndpoint, roots: HostRoots, host: SharedDescriptor
) -> String? {
    guard let place = endpoint.virtual else { return nil }
    let object =
        "can't set the hardware address \(endpoint.hardwareAddress) of \(endpoint.function) through its physical "
        + "function \(place.physicalFunction)"
    do {
        let session = try NetlinkSession(over: host)
        let names = try FunctionFacts(roots).interfaces(of: place.physicalFunction)
        guard let name = names.first, let link = try session.link(named: name) else {
            return "\(object): that has no interface in the host's network namespace"
        }
        do {
            try session.setVirtualFunctionAddress(
                link.index, function: place.number, endpoint.hardwareAddress)
            return nil
        } catch {
            return "\(object), interface '\(name)': \(error)"
        }
    } catch {
        return "\(object): \(error)"
    }
}

package import Hypervisor
package import Netlink

/// A network function of the host that stands in a pod's network namespace and is handed to the guest whole.
///
/// What is needed to put it back is part of it: binding it to VFIO takes its interface away.
package struct PhysicalEndpoint: Codable, Sendable, Equatable {
    /// The interface's name in the pod.
    package var name: String
    /// The function behind it.
    package var function: HostPCIAddress
    /// Its hardware address.
    package var hardwareAddress: MACAddress
    /// Its largest packet, in bytes.
    package var mtu: UInt32
    /// The pod's network namespace.
    package var namespacePath: String

    /// Makes an endpoint; see the properties.
    package init(
        name: String, function: HostPCIAddress, hardwareAddress: MACAddress, mtu: UInt32,
        namespacePath: String
    ) {
        self.name = name
        self.function = function
        self.hardwareAddress = hardwareAddress
        self.mtu = mtu
        self.namespacePath = namespacePath
    }
}

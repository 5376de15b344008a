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
    /// Its inode: another namespace may stand at the path by the time the endpoint is put back. nil for any.
    package var namespaceInode: UInt64?
    /// The function's driver; nil for none.
    package var driver: String?
    /// The function's vendor and device, as sysfs writes them: `0x15b3:0x101e`.
    package var model: String?
    /// The function that this one is a virtual function of, with its number there; nil for one that is none.
    package var virtual: VirtualFunction?
    /// Whether somebody had set it up.
    package var isUp: Bool
    /// The addresses that somebody gave it; others come by themselves.
    package var addresses: [InterfaceAddress]
    /// The routes through it that somebody made; others come by themselves.
    package var routes: [Route]
    /// Whether the host's own default route leads through it, which can be where the pod has the host's network.
    package var carriesHostDefaultRoute: Bool

    /// Where a virtual function belongs.
    package struct VirtualFunction: Codable, Sendable, Hashable {
        package var physicalFunction: HostPCIAddress
        /// The N of the physical function's link `virtfnN`.
        package var number: UInt32

        /// Makes a place; see the properties.
        package init(physicalFunction: HostPCIAddress, number: UInt32) {
            self.physicalFunction = physicalFunction
            self.number = number
        }
    }

    /// Makes an endpoint; see the properties.
    package init(
        name: String, function: HostPCIAddress, hardwareAddress: MACAddress, mtu: UInt32,
        namespacePath: String, namespaceInode: UInt64? = nil, driver: String? = nil, model: String? = nil,
        virtual: VirtualFunction? = nil, isUp: Bool = true, addresses: [InterfaceAddress] = [],
        routes: [Route] = [], carriesHostDefaultRoute: Bool = false
    ) {
        self.name = name
        self.function = function
        self.hardwareAddress = hardwareAddress
        self.mtu = mtu
        self.namespacePath = namespacePath
        self.namespaceInode = namespaceInode
        self.driver = driver
        self.model = model
        self.virtual = virtual
        self.isUp = isUp
        self.addresses = addresses
        self.routes = routes
        self.carriesHostDefaultRoute = carriesHostDefaultRoute
    }
}

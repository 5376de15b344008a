package import Hypervisor

/// A device that a pod asks for.
package enum VFIORequest: Sendable, Hashable {
    /// `/dev/vfio/<number>`: every device of the IOMMU group.
    case group(Int)
    /// `/dev/vfio/devices/<name>`, such as `vfio7`.
    case characterDevice(String)
    case function(HostPCIAddress)
    /// A mediated device by its UUID.
    case mediated(String)
}

/// A device that a machine is to get, found on the host.
package struct ResolvedDevice: Sendable, Equatable {
    package var host: HostDevice
    /// The function as it was before any write; nil for a mediated device.
    package var function: PCIFunction?
    /// Its IOMMU group.
    package var group: Int
    package var access: VFIOAccess
    /// The node that the monitor opens, below `/dev/vfio`; nil as long as it appears only with the binding.
    package var node: String?
    /// Whether somebody asked for it; false for a companion that comes along.
    package var isRequested: Bool

    /// Makes a device; see the properties.
    package init(
        host: HostDevice, function: PCIFunction? = nil, group: Int, access: VFIOAccess, node: String? = nil,
        isRequested: Bool = true
    ) {
        self.host = host
        self.function = function
        self.group = group
        self.access = access
        self.node = node
        self.isRequested = isRequested
    }

    /// The number in the node's name: 7 of `/dev/vfio/7` and of `/dev/vfio/devices/vfio7`.
    package var number: Int? {
        guard let name = node?.split(separator: "/").last.map(String.init) else { return nil }
        return Int(name) ?? PCIHost.number(ofCharacterDevice: name)
    }
}

/// One write to sysfs.
package struct PlannedWrite: Codable, Sendable, Equatable {
    package var path: String
    package var text: String

    /// Makes a write; see the properties.
    package init(path: String, text: String) {
        self.path = path
        self.text = text
    }
}

/// What a machine gets and what has to be written for it: the outcome of ``Preflight``.
package struct BindingPlan: Sendable, Equatable {
    /// In the order of the requests, the functions of one slot or group by address.
    package var devices: [ResolvedDevice]
    /// The functions that no VFIO driver has yet, in the order of ``devices``.
    package var bindings: [BindingRecord]
    /// What binding them writes when nothing goes wrong, in order.
    package var writes: [PlannedWrite]
    /// One sentence each.
    package var warnings: [String]

    /// Makes a plan; see the properties.
    package init(
        devices: [ResolvedDevice] = [], bindings: [BindingRecord] = [], writes: [PlannedWrite] = [],
        warnings: [String] = []
    ) {
        self.devices = devices
        self.bindings = bindings
        self.writes = writes
        self.warnings = warnings
    }
}

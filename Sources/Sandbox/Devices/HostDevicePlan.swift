package import Hypervisor
package import Linux
package import PodNetwork
package import VFIO

/// What a machine gets of the host's devices, decided before anything is made.
package struct HostDevicePlan: Sendable, Equatable {
    /// What goes through VFIO, network functions of the pod too.
    package var vfio = BindingPlan()
    /// The interfaces that leave the pod's network namespace with their functions.
    package var endpoints: [PhysicalEndpoint] = []
    /// The functions that mediated devices are shares of.
    package var parents: [HostDevice: PCIFunction] = [:]
    package var usb: [USBDevice] = []
    package var disks: [HostDisk] = []
    /// One sentence each, for the log.
    package var warnings: [String] = []

    /// Plans nothing.
    package init() {}

    /// Whether the machine is one without devices of the host.
    package var isEmpty: Bool { vfio.devices.isEmpty && endpoints.isEmpty && usb.isEmpty && disks.isEmpty }

    /// The devices as places are sought for them.
    package func requests(isBehindIOMMU: Bool) -> [PassthroughRequest] {
        vfio.devices.map { device in
            PassthroughRequest(
                device: PassthroughDevice(
                    host: device.host, access: device.access, isBehindIOMMU: isBehindIOMMU),
                isExpress: device.function?.isExpress ?? true,
                isVirtualFunction: device.function?.isVirtualFunction ?? false, group: device.group,
                regions: device.function?.regions ?? [])
        }
    }
}

/// A block device of the host that becomes a disk of the machine.
package struct HostDisk: Sendable, Equatable {
    /// Its node.
    package var path: String
    package var number: DeviceNumber
    /// Whether nobody asks to write to it.
    package var isReadOnly: Bool

    /// Makes a disk; see the properties.
    package init(path: String, number: DeviceNumber, isReadOnly: Bool) {
        self.path = path
        self.number = number
        self.isReadOnly = isReadOnly
    }
}

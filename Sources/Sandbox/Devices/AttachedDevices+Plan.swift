package import Hypervisor
package import VFIO

extension AttachedDevices {
    /// The devices of a planned machine, with the places that the plan gave them.
    ///
    /// - Parameter bound: the devices as they are when they are bound, which is when their own nodes are known; those of
    ///   `devices` before.
    package init(of plan: VMPlan, _ devices: HostDevicePlan, bound: [ResolvedDevice]? = nil) {
        let addresses = GuestAddresses(of: plan.topology, hasFirmware: plan.qemu.firmware != nil)
        var places: [HostDevice: PlannedDevice] = [:]
        var disks: [String: PlannedDevice] = [:]
        for planned in plan.devices {
            switch planned.device {
            case .passthrough(let device): places[device.host] = planned
            case .block(let disk): disks[disk.path] = planned
            default: break
            }
        }
        self.init(
            vfio: (bound ?? devices.vfio.devices).compactMap { device in
                guard let place = places[device.host] else { return nil }
                return AttachedDevice(
                    device, id: place.id, path: place.path, guestAddress: addresses.address(of: place.path),
                    parent: devices.parents[device.host])
            },
            usb: devices.usb,
            disks: devices.disks.compactMap { disk in
                disks[disk.path].map { AttachedDisk(id: $0.id, number: disk.number, path: $0.path) }
            })
    }
}

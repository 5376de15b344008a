import Configuration
import OCI

/// What becomes of a device node of the host in a container of a guest.
enum NodeFate: Equatable {
    /// The container has it; where it is mounted, from that path of the guest if the guest is sure to have it there.
    case stays(guestPath: String?)
    /// It goes: what it stands for is in the guest by other means.
    case goes
    /// It goes: the guest does not have it.
    case foreign

    /// Decides by what the node stands for.
    init(
        of request: DeviceRequest, with attached: AttachedDevices, _ mode: VFIOMode, _ type: ContainerType
    ) {
        switch request {
        case .vfio, .vfioContainer, .iommu:
            // /dev/iommu too: its number differs from kernel to kernel, and the agent knows groups only.
            let isForContainer = mode == .vfio && type != .sandbox && request != .iommu
            self = isForContainer ? .stays(guestPath: nil) : .goes
        case .usb(let bus, let device):
            // The guest numbers its own buses.
            self = attached.hasUSB(bus: bus, device: device) ? .goes : .foreign
        case .block(let number):
            self = attached.disk(number) == nil || type == .sandbox ? .foreign : .stays(guestPath: nil)
        case .character(let number):
            self = GuestNodes.has(number) ? .stays(guestPath: GuestNodes.path(of: number)) : .foreign
        }
    }

    var stays: Bool {
        if case .stays = self { true } else { false }
    }
}

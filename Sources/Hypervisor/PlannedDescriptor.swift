/// A descriptor that the monitor inherits, by what it is for.
///
/// A plan knows no numbers. The renderer gives the descriptors the numbers 3, 4, … in the order in which they
/// appear on the command line, so that the same plan is always the same command line.
package enum PlannedDescriptor: Sendable, Hashable {
    /// The control protocol's listening socket.
    case control
    /// Where the monitor writes its events, when that is not the control socket.
    case events
    /// The monitor's end of the console.
    case console
    /// `/dev/vhost-vsock`, opened, for the kernel's form of vsock.
    case vhostVsock
    /// A connection to the vhost-user daemon of the device with this id.
    case vhostUser(device: String)
    /// `/dev/iommu`, opened.
    case iommufd
    /// `/dev/vfio/devices/vfio<n>` of the device with this id, opened.
    case vfio(device: String)
    /// The node below `/dev/bus/usb` of a USB device, opened.
    case usb(node: String)
}

extension PlannedDescriptor: CustomStringConvertible {
    /// The purpose in words, for messages.
    package var description: String {
        switch self {
        case .control: "control socket"
        case .events: "event stream"
        case .console: "console"
        case .vhostVsock: "vhost-vsock"
        case .vhostUser(let device): "vhost-user connection of '\(device)'"
        case .iommufd: "iommufd"
        case .vfio(let device): "VFIO device '\(device)'"
        case .usb(let node): "USB device '\(node)'"
        }
    }
}

import AgentClient
import Configuration
import Hypervisor
import OCI
import VFIO

extension ContainerDevicePlanner {
    /// The disks of a container, whose nodes get the guest's numbers.
    func disks(
        _ fates: [(device: RequestedDevice, fate: NodeFate)], of request: Request
    ) -> [GuestDevice] {
        fates.compactMap { device, fate in
            guard fate.stays, case .block(let number) = device.request, let disk = attached.disk(number)
            else { return nil }
            return GuestDevice(
                id: disk.path.description, type: .disk, containerPath: device.node.path)
        }
    }

    /// The functions of a container, after everything else: of an agent that keeps only the last device's addresses
    /// all are kept so. Where the guest's kernel drives them they are one device.
    func passedThrough(_ requests: [RequestedDevice], _ own: [AttachedDevice]) -> [GuestDevice] {
        guard configuration.vfioMode == .vfio else {
            let options = options(own)
            guard let first = requests.first, let number = first.request.vfio?.number, !options.isEmpty
            else { return [] }
            return [
                GuestDevice(
                    id: "\(number)", type: .guestKernel, containerPath: first.hostPath, options: options)
            ]
        }
        // The agent gives the node of a path the number of the one group that all its functions are in.
        let agreement = DeviceAgreement(attached.vfio)
        var seen: Set<String> = []
        let devices: [GuestDevice] = requests.reversed().compactMap { requested in
            guard let request = requested.request.vfio, let number = request.number,
                requested.origin.isInSpec, seen.insert(requested.node.path).inserted
            else { return nil }
            return GuestDevice(
                id: "\(number)", type: .vfio, containerPath: requested.node.path,
                options: options(agreement.devices(for: request)))
        }
        return devices.reversed()
    }

    private func options(_ devices: [AttachedDevice]) -> [String] {
        // A share of no PCI function has no address that a container could know it by.
        devices.compactMap { device in device.hostAddress.map { "\($0)=\(device.path)" } }
    }
}

extension RequestedDevice.Origin {
    /// Whether the container has the node itself.
    fileprivate var isInSpec: Bool {
        switch self {
        case .node, .mount: true
        case .annotation, .kubelet: false
        }
    }
}

extension VFIORequest {
    /// The number in the name of the node.
    var number: Int? {
        switch self {
        case .group(let number): number
        case .characterDevice(let name): PCIHost.number(ofCharacterDevice: name)
        case .function, .mediated: nil
        }
    }
}

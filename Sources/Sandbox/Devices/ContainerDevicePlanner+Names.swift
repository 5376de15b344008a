import CDI
import Configuration
import Hypervisor
import RuntimeErrors
import VFIO

extension ContainerDevicePlanner {
    /// The keys by which the guest's own CDI gives a container its devices. A key has the number of the node by which
    /// this container asks: one device may be known by its group to one container and by its own node to another.
    func innerNames(_ requests: [RequestedDevice]) throws(RuntimeError) -> [String: String] {
        let agreement = DeviceAgreement(attached.vfio)
        var nodes: [String: Int] = [:]
        for requested in requests {
            guard let request = requested.request.vfio, let number = request.number else { continue }
            for device in agreement.devices(for: request) where nodes[device.id] == nil {
                nodes[device.id] = number
            }
        }
        // Devices of other containers count too, under a number that no node has.
        let functions = attached.vfio.map { device in
            InnerNames.Function(
                node: nodes[device.id] ?? -1, kind: device.kind(among: configuration.kinds),
                guestPath: [Int(device.path.segment)]
                    + device.path.hops.flatMap { [Int($0.slot), Int($0.function)] })
        }
        return try InnerNames(functions).annotations(for: Set(nodes.values).sorted())
    }
}

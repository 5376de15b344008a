import Configuration
import VFIO

extension ContainerDevicePlanner {
    /// The keys by which the guest's own CDI gives a container its devices: `cdi.k8s.io/vfio<N>`, N being the number of
    /// the node that asks, to `<kind>=<index>`. Indices count the devices of a kind in the whole machine, in the order
    /// of the guest; a device without a kind has no name.
    func innerNames(_ requests: [RequestedDevice]) -> [String: String] {
        var names: [String: String] = [:]
        var counts: [String: Int] = [:]
        for device in attached.vfio.sorted(by: { $0.path < $1.path }) {
            guard let kind = device.kind(among: configuration.kinds) else { continue }
            names[device.id] = "\(kind)=\(counts[kind, default: 0])"
            counts[kind, default: 0] += 1
        }
        let agreement = DeviceAgreement(attached.vfio)
        var annotations: [String: [String]] = [:]
        var named: Set<String> = []
        for requested in requests {
            guard let request = requested.request.vfio, let number = request.number else { continue }
            for device in agreement.devices(for: request) {
                guard let name = names[device.id], named.insert(device.id).inserted else { continue }
                annotations["cdi.k8s.io/vfio\(number)", default: []].append(name)
            }
        }
        return annotations.mapValues { $0.joined(separator: ",") }
    }
}

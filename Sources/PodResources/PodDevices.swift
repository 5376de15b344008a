package import CDI
import KubeletProtocol
import RuntimeErrors

/// What is known of a pod's devices through the kubelet.
package enum PodDevices: Sendable, Equatable {
    /// The devices of all containers, each once: container by container, first those of device plugins as
    /// `resource=id`, then those of resource claims.
    case listed([DeviceName])
    /// Nobody listens at the socket; the text says why and is meant for the log.
    case nobodyListens(String)
}

extension PodDevices {
    /// A pod that asks for more has been made up: no host has as many.
    static let most = 1024

    /// The devices of a pod in the kubelet's words.
    ///
    /// - Throws: what follows "can't learn the devices of a pod:".
    static func names(_ pod: KubeletPodResources) throws(PeerFailure) -> [DeviceName] {
        var names: [DeviceName] = []
        var known: Set<DeviceName> = []
        for container in pod.containers {
            for text in texts(container) {
                guard let name = DeviceName(text) else {
                    throw PeerFailure(
                        "it names the device '\(quotable(text.utf8, limit: 100))' for container '\(quotable(container.name.utf8, limit: 100))', which is no CDI name (vendor/class=name)"
                    )
                }
                guard known.insert(name).inserted else { continue }
                guard names.count < most else { throw PeerFailure("it names more than \(most) devices") }
                names.append(name)
            }
        }
        return names
    }

    private static func texts(_ container: KubeletContainerResources) -> some Sequence<String> {
        let plugins = container.devices.lazy.flatMap { devices in
            devices.deviceIds.lazy.map { "\(devices.resourceName)=\($0)" }
        }
        let claims = container.dynamicResources.lazy.flatMap(\.claimResources).flatMap(\.cdiDevices).map(
            \.name)
        return [AnySequence(plugins), AnySequence(claims)].lazy.joined()
    }
}

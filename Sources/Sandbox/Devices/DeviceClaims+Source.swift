import OCI
import Configuration
package import LoopSupport
import PodResources

extension DeviceClaims.Source {
    /// Who names the devices of a sandbox: the kubelet where it can be asked about the pod, else the annotations.
    ///
    /// - Returns: also why annotations count although a kubelet is configured; nil where nothing is to be said.
    /// - Throws: `RuntimeError` when the kubelet answers with an error, or not at all.
    package static func find(
        for request: ContainerRequest, on loop: MainLoop
    ) async throws -> (source: DeviceClaims.Source, note: String?) {
        guard let socket = request.configuration.devices.podResourcesSocket,
            let pod = PodIdentity(annotations: request.spec.annotations)
        else { return (.annotations, nil) }
        switch try await PodResourcesClient(socket: socket, loop: loop).devices(of: pod) {
        case .listed(let names): return (.kubelet(names), nil)
        case .nobodyListens(let why): return (.annotations, why)
        }
    }
}

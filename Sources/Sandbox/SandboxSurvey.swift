import Configuration
import Linux
import Logging
import LoopSupport
import OCI
import PodNetwork
import PodResources
import RuntimeErrors

/// Looks at the host before a sandbox is made: who names its devices, and what is in its network namespace.
struct SandboxSurvey {
    let request: ContainerRequest
    let environment: SandboxEnvironment

    /// Who names the devices of the sandbox: the kubelet where it can be asked about the pod, else the annotations.
    ///
    /// - Throws: `RuntimeError` when the kubelet answers with an error, or not at all.
    func source() async throws -> DeviceClaims.Source {
        guard let socket = request.configuration.devices.podResourcesSocket,
            let pod = PodIdentity(annotations: request.spec.annotations)
        else { return .annotations }
        switch try await PodResourcesClient(socket: socket, loop: environment.loop).devices(of: pod) {
        case .listed(let names): return .kubelet(names)
        case .nobodyListens(let why):
            environment.logger.warning("annotations name the devices", metadata: ["reason": "\(why)"])
            return .annotations
        }
    }

    /// Decides everything, and holds the pod's network namespace if there is one already.
    func prepare(
        _ sandbox: SandboxName
    ) async throws -> (preparation: SandboxPreparation, network: NetworkNamespace?) {
        let source = try await source()
        let (request, roots) = (request, environment.roots)
        return try await environment.effects.run(
            "look at what sandbox '\(sandbox.id.rawValue)' asks for", deadline: .seconds(30)
        ) {
            let path = request.spec.linux?.namespace(.network)?.path ?? ""
            let network = path.isEmpty ? nil : try NetworkNamespace.open(path)
            let endpoints = try network.map { try NetworkScan($0, path: path, roots: roots).endpoints() }
            let preparation = try SandboxPreparation(
                of: request, for: sandbox, devicesFrom: source, endpoints: endpoints ?? [],
                host: HostFacts(of: roots), on: roots)
            return (preparation, network)
        }
    }
}

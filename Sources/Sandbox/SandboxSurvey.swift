import Linux
import Logging
import LoopSupport
import OCI
import PodNetwork

/// Looks at the host before a sandbox is made: who names its devices, and what is in its network namespace.
struct SandboxSurvey {
    let request: ContainerRequest
    let environment: SandboxEnvironment

    /// Who names the devices of the sandbox, which the log is told of where it is not who should.
    func source() async throws -> DeviceClaims.Source {
        let (source, note) = try await DeviceClaims.Source.find(for: request, on: environment.loop)
        if let note {
            environment.logger.warning("annotations name the devices", metadata: ["reason": "\(note)"])
        }
        return source
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

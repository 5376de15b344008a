import Configuration
import OCI
import Testing

@testable import Sandbox

/// Who names the devices of a sandbox.
@Suite(.enabled(if: AgentProcess.isPossible, "needs root")) struct SandboxSurveyTests {
    /// S1-17: without a kubelet the annotations count, and the log says so.
    @Test func withoutAKubeletAnnotationsCount() async throws {
        let scene = try HookScene()
        let socket = "\(scene.folder)/kubelet.sock"
        let sources = try await scene.run { [scene] environment in
            var request = try scene.request(nil, annotations: SandboxScene.sandboxMarks)
            request.configuration.devices.podResourcesSocket = socket
            var sources = [try await SandboxSurvey(request: request, environment: environment).source()]
            // Nobody has told the kubelet of a container that stands alone.
            request.spec.annotations = [:]
            sources.append(try await SandboxSurvey(request: request, environment: environment).source())
            return sources
        }
        #expect(sources == [.annotations, .annotations])
        #expect(scene.log.lines.filter { $0.hasPrefix("warning annotations name the devices") }.count == 1)
    }
}

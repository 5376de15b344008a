import AgentProtocol
import Linux
package import LoopSupport
package import NIOCore
package import OCI
import RuntimeErrors
import TTRPC

/// The guest agent, as the host uses it: one method for one call of its protocol.
///
/// Calls have no deadline of their own unless said; whoever waits decides how long. Errors carry the agent's
/// code and, made fit to be shown, its text.
package final class GuestAgent: Sendable {
    let client: TTRPCClient
    let agent: AgentServiceClient

    init(_ client: TTRPCClient) {
        self.client = client
        self.agent = AgentServiceClient(client)
    }

    /// Connects, trying again until the agent listens.
    ///
    /// - Throws: `deadlineExceeded` after `deadline`.
    package static func connect(
        to address: AgentAddress, within deadline: Duration, on loop: MainLoop
    ) async throws -> GuestAgent {
        try CrashPoint.pass("agent.connect")
        return GuestAgent(try await AgentConnection.open(address, within: deadline, on: loop))
    }

    /// Done when the connection has ended.
    package var closed: EventLoopFuture<Void> { client.closed }

    /// Ends the connection.
    package func close() async {
        await client.close()
    }

    /// Prepares the guest for containers: host name, the shared files, shared memory, kernel modules.
    ///
    /// - Throws: `unimplemented` for modules when the agent loads none.
    package func createSandbox(
        _ id: String, hostname: String, shareTag: String, modules: [(name: String, parameters: [String])] = []
    ) async throws {
        var request = AgentCreateSandboxRequest()
        request.sandboxID = id
        request.hostname = String(decoding: hostname.utf8.prefix(64), as: UTF8.self)
        var share = AgentStorage()
        share.driver = "virtio-fs"
        share.source = shareTag
        share.fstype = "virtiofs"
        share.mountPoint = GuestPaths.shared
        request.storages = [share]
        request.kernelModules = modules.map { module in
            var message = AgentKernelModule()
            message.name = module.name
            message.parameters = module.parameters
            return message
        }
        _ = try await asking("prepare the guest") { try await agent.createSandbox(request) }
    }

    /// Has the guest sync its file systems and power itself off.
    package func destroySandbox() async throws {
        _ = try await asking("stop the guest") {
            try await agent.destroySandbox(AgentDestroySandboxRequest())
        }
    }

    /// Makes a container, all but the last step: its command runs when it is started.
    package func create(
        _ id: ContainerID, _ spec: Spec, devices: [GuestDevice] = [], sharedProcessNamespace: Bool
    ) async throws {
        var request = AgentCreateContainerRequest()
        request.containerID = id.rawValue
        request.execID = id.rawValue
        request.oci = AgentSpec(spec)
        request.devices = devices.map { AgentDevice($0) }
        request.sandboxPidns = sharedProcessNamespace
        _ = try await asking("create container '\(id.rawValue)'") { try await agent.createContainer(request) }
    }

    /// Runs a container's command.
    package func start(_ id: ContainerID) async throws {
        var request = AgentStartContainerRequest()
        request.containerID = id.rawValue
        _ = try await asking("start container '\(id.rawValue)'") { try await agent.startContainer(request) }
    }

    /// Makes the guest forget a container and unmount its files.
    package func remove(_ id: ContainerID) async throws {
        var request = AgentRemoveContainerRequest()
        request.containerID = id.rawValue
        _ = try await asking("remove container '\(id.rawValue)'") { try await agent.removeContainer(request) }
    }

    /// Makes one call and gives its failure the words of this side.
    func asking<T>(_ what: String, _ call: () async throws -> T) async throws -> T {
        do {
            try CrashPoint.pass("agent.ask")
            let answer = try await call()
            try CrashPoint.pass("agent.answered")
            return answer
        } catch let error as TTRPCError {
            let code = RuntimeError.Code(rawValue: error.code.rawValue) ?? .unknown
            throw RuntimeError(code, "can't \(what): \(GuestWords(error.message))")
        }
    }
}

/// Paths that the agent's protocol fixes.
package enum GuestPaths {
    /// Where the guest mounts the share.
    package static let shared = "/run/kata-containers/shared/containers/"
}

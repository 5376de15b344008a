import AgentClient
import Configuration
import Hypervisor
import Linux
import Logging
import LoopSupport
import NIOCore
import OCI
import RuntimeErrors
import SharedFilesystem

extension SandboxMachine {
    /// Boots the machine of a sandbox and prepares its guest.
    ///
    /// A failure leaves nothing; its error carries what the monitor said and the guest's console's last lines.
    static func boot(
        for sandbox: SandboxName, _ request: ContainerRequest, _ environment: SandboxEnvironment
    ) async throws -> SandboxMachine {
        var undo = UndoStack()
        do {
            return try await boot(sandbox, request, environment, &undo)
        } catch {
            await undo.unwind()
            throw error
        }
    }

    private static func boot(
        _ sandbox: SandboxName, _ request: ContainerRequest, _ environment: SandboxEnvironment,
        _ undo: inout UndoStack
    ) async throws -> SandboxMachine {
        let configuration = request.configuration
        let monitor = try environment.makeMonitor(configuration)
        let folder = StateFolder(of: sandbox, in: environment.roots)
        let plan = try SandboxPlanner(configuration, host: HostFacts(of: environment.roots)).plan(
            sandbox, in: folder)
        _ = try monitor.command(for: plan)
        try checkFiles(of: plan, configuration)
        for warning in configuration.warnings { environment.logger.warning("\(warning)") }

        try folder.create(for: sandbox)
        undo.push { folder.remove() }
        let cgroup = SandboxCgroup(
            sandbox.key, in: try CgroupHierarchy.find(root: "\(environment.roots.sys)/fs/cgroup"))
        try folder.journal.record(.cgroup(key: sandbox.key))
        try cgroup.create()
        undo.push {
            try? cgroup.killAll()
            _ = try? cgroup.waitUntilEmpty(.seconds(3))
            try? cgroup.remove()
        }
        let network = try networkNamespace(of: request.spec)
        let tree = try SharedTree.create(holding: [configuration.hypervisor.virtiofsd.path])
        var helpers = [
            try await startFileServer(for: sandbox, request, on: tree, folder, cgroup, environment)
        ]
        undo.push { [helpers] in for helper in helpers { await helper.stop() } }
        let address: AgentAddress
        switch plan.vsock {
        case .kernel(let cid)?:
            address = .kernel(cid: cid, port: AgentAddress.port)
        case .hybrid(_, let path)?:
            address = .hybrid(path: path, port: AgentAddress.port)
        case .vhostUser(let cid, _, let path)?:
            let daemon = try await VsockDaemon.start(
                configuration.vsockDaemon, cid: cid, folder: folder, sandbox: sandbox, cgroup: cgroup,
                environment)
            helpers.append(daemon)
            undo.push { await daemon.stop() }
            address = .hybrid(path: path, port: AgentAddress.port)
        case nil:
            throw RuntimeError(
                .internalError, "can't boot sandbox '\(sandbox.id)': its plan has no vsock; report this")
        }

        var launch = MonitorLaunch(
            cgroupProcessFiles: [cgroup.procsPath], networkNamespace: network.descriptor.raw,
            deadline: .seconds(10))
        let readiness = AgentReadiness(on: environment.loop)
        launch.onConsoleLine = { readiness.hear($0) }
        launch.oomScoreAdjustment = request.spec.process?.oomScoreAdj
        let vhost = try openVhostVsock(plan, environment)
        if let vhost { launch.descriptors[.vhostVsock] = vhost.raw }
        let vm: any RunningVM
        do {
            vm = try await monitor.boot(plan, launch)
        } catch {
            throw await blamed(error, on: helpers, environment)
        }
        withExtendedLifetime((vhost, network)) {}
        undo.push {
            vm.kill()
            _ = await vm.waitForExit()
        }
        let agent = try await reachAgent(address, of: vm, readiness, configuration, environment)
        undo.push { await agent.close() }
        try await environment.loop.withDeadline(configuration.dialTimeout, "prepare the guest") {
            try await agent.createSandbox(
                sandbox.id.rawValue, hostname: request.spec.hostname, shareTag: SharedFolder.sandboxTag,
                modules: configuration.kernelModules.map { ($0.name, $0.parameters) })
        }
        // The guest has mounted the share, so virtiofsd has all it needs from the host's root: it goes.
        try tree.seal()
        return SandboxMachine(
            vm: vm, agent: agent,
            parts: MachineParts(
                folder: folder, cgroup: cgroup, network: network, tree: tree, helpers: helpers),
            environment: environment)
    }

    /// A monitor that fails because a daemon of its own did says only that; the daemon says why.
    private static func blamed(
        _ error: any Error, on helpers: [HelperProcess], _ environment: SandboxEnvironment
    ) async -> any Error {
        for helper in helpers {
            let ended = try? await environment.loop.withDeadline(
                .milliseconds(100), "see the end of \(helper.name)"
            ) {
                try await helper.exited.get()
            }
            // A file server that lost its machine ends without a fault of its own.
            guard let ended, ended != .exited(0) else { continue }
            return RuntimeError(
                .unavailable, "can't boot the virtual machine: \(await helper.account(of: ended))",
                cause: error)
        }
        return error
    }

    /// Connects to the agent, but no longer than the machine lives.
    private static func reachAgent(
        _ address: AgentAddress, of vm: any RunningVM, _ readiness: AgentReadiness,
        _ configuration: RuntimeConfiguration, _ environment: SandboxEnvironment
    ) async throws -> GuestAgent {
        let loop = environment.loop
        let connecting = loop.task {
            try await readiness.wait()
            return try await GuestAgent.connect(to: address, within: configuration.dialTimeout, on: loop)
        }
        let watching = loop.task {
            let end = await vm.waitForExit()
            connecting.cancel()
            return end
        }
        defer { watching.cancel() }
        do {
            return try await connecting.value
        } catch {
            guard error is CancellationError else {
                let output = MonitorOutput(standardError: "", console: await vm.consoleTail(bytes: 2048))
                throw RuntimeError(.unavailable, "\(error)", cause: output)
            }
            let end = await vm.waitForExit()
            throw RuntimeError(
                .unavailable,
                "can't boot the virtual machine: it ended (\(end.reason.rawValue)) before its agent answered; look for the reason in what follows",
                cause: MonitorOutput(
                    standardError: end.standardError, console: await vm.consoleTail(bytes: 2048)))
        }
    }
}

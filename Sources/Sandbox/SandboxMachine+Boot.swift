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
    /// Plans and boots the machine of a sandbox, prepares its guest, and shares the files of its first container
    /// meanwhile.
    ///
    /// A failure leaves nothing; its error carries what the monitor said and the guest's console's last lines.
    static func boot(
        for sandbox: SandboxName, _ request: ContainerRequest, _ environment: SandboxEnvironment
    ) async throws -> BootedSandbox {
        let survey = SandboxSurvey(request: request, environment: environment)
        let (prepared, network) = try await survey.prepare(sandbox)
        var undo = UndoStack()
        do {
            let machine = try await boot(sandbox, prepared, network, environment, &undo)
            return BootedSandbox(machine: machine, first: ContainerPreparation(first: prepared))
        } catch {
            await undo.unwind()
            throw error
        }
    }

    private static func boot(
        _ sandbox: SandboxName, _ prepared: SandboxPreparation, _ network: NetworkNamespace?,
        _ environment: SandboxEnvironment, _ undo: inout UndoStack
    ) async throws -> SandboxMachine {
        let (request, plan) = (prepared.request, prepared.plan)
        let configuration = request.configuration
        let monitor = try environment.makeMonitor(configuration)
        let folder = StateFolder(of: sandbox, in: environment.roots)
        _ = try monitor.command(for: plan)
        try checkFiles(of: plan, configuration)
        let identity = try MonitorIdentity.find(for: plan, configuration, environment.roots)
        let lockedMemory = try LockedMemory(plan).decision(on: environment.roots)
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
        let devices = try await takeDevices(of: prepared, for: sandbox, folder, environment, &undo)
        // The daemon takes the longest until it listens: what else is needed is made meanwhile.
        let (address, vsockDaemon) = try await startVsock(plan, request, folder, sandbox, cgroup, environment)
        undo.push { await vsockDaemon?.stop() }
        let (network, tree) = try await makeNamespaces(for: request, network, environment)
        let fileServer = try await startFileServer(
            for: sandbox, request, on: tree, folder, cgroup, environment)
        undo.push { await fileServer.stop() }
        if let vsockDaemon { try await VsockDaemon.waitUntilListening(vsockDaemon, in: folder, environment) }
        let helpers = [fileServer] + (vsockDaemon.map { [$0] } ?? [])

        let entry = try cgroup.entry()
        var launch = MonitorLaunch(
            cgroup: entry.folder?.raw, cgroupProcessFiles: entry.procsPaths,
            networkNamespace: network.descriptor.raw, deadline: .seconds(10))
        let readiness = AgentReadiness(on: environment.loop)
        let relay = ConsoleRelay(
            sandbox: sandbox.id.rawValue, isQuiet: !plan.debug, to: environment.logger, on: environment.loop)
        launch.onConsoleLine = {
            readiness.hear($0)
            relay.hear($0)
        }
        launch.identity = identity
        launch.lockedMemory = lockedMemory
        launch.oomScoreAdjustment = request.spec.process?.oomScoreAdj
        let vhost = try openVhostVsock(plan, environment)
        if let vhost { launch.descriptors[.vhostVsock] = vhost.raw }
        let opened = try devices?.descriptors(for: plan, on: environment.roots) ?? [:]
        launch.descriptors.merge(opened.mapValues(\.raw)) { _, opened in opened }
        let vm: any RunningVM
        do {
            vm = try await monitor.boot(plan, launch)
        } catch {
            throw await blamed(error, on: helpers, environment)
        }
        withExtendedLifetime((vhost, network, entry.folder, opened)) {}
        undo.push {
            vm.kill()
            _ = await vm.waitForExit()
        }
        let sharing = environment.loop.task {
            try await attach(prepared.container.shares, of: request.id, to: tree, environment)
        }
        let watch = BootWatch(vm: vm, helpers: helpers, sharing: sharing, loop: environment.loop)
        let agent = try await watch.run { [loop = environment.loop] in
            try await readiness.wait()
            return try await GuestAgent.connect(to: address, within: configuration.dialTimeout, on: loop)
        }
        undo.push { await agent.close() }
        try await watch.run { [loop = environment.loop] in
            try await loop.withDeadline(configuration.dialTimeout, "prepare the guest") {
                try await agent.createSandbox(
                    sandbox.id.rawValue, hostname: request.spec.hostname, shareTag: SharedFolder.sandboxTag,
                    modules: configuration.kernelModules.map { ($0.name, $0.parameters) })
            }
            try await sharing.value
        }
        // The guest has mounted the share, so virtiofsd has all it needs from the host's root: it goes.
        try await environment.effects.run("seal the shared tree", deadline: .seconds(5)) { try tree.seal() }
        return SandboxMachine(
            vm: vm, agent: agent,
            devices: MachineDevices(
                attached: AttachedDevices(of: plan, prepared.devices, bound: devices?.taken),
                areKubelets: prepared.areDevicesKubelets),
            parts: MachineParts(
                folder: folder, cgroup: cgroup, network: network, tree: tree, helpers: helpers,
                devices: devices?.bound),
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
}

import AgentClient
package import Configuration
import Logging
import LoopSupport
import NIOCore
package import OCI
import RuntimeErrors
package import SharedFilesystem

/// What a container is made of, as its caller gave it.
package struct ContainerRequest: Sendable {
    package var id: ContainerID
    package var bundle: String
    package var spec: Spec
    package var rootfs: [RootfsMount]
    package var stdio: StdioPaths
    package var configuration: RuntimeConfiguration
    /// What in the spec will have no effect, for the log.
    package var remarks: [String] = []
    /// Annotations that look like configuration and changed nothing, for the log.
    package var ignoredAnnotations: [String] = []

    /// Makes a request; see the properties.
    package init(
        id: ContainerID, bundle: String, spec: Spec, rootfs: [RootfsMount], stdio: StdioPaths,
        configuration: RuntimeConfiguration
    ) {
        self.id = id
        self.bundle = bundle
        self.spec = spec
        self.rootfs = rootfs
        self.stdio = stdio
        self.configuration = configuration
    }
}

extension PodSandbox {
    /// Makes a container, booting the machine first when this is the sandbox's first.
    ///
    /// A failure leaves nothing of the container, and nothing of the machine if it was booted for it.
    /// - Returns: the task's pid.
    package func create(_ request: ContainerRequest) async throws -> UInt32 {
        let id = request.id
        guard containers[id] == nil, creating.insert(id).inserted else {
            throw RuntimeError(
                .alreadyExists,
                "can't create container '\(id.rawValue)': the sandbox has it already; delete it first")
        }
        defer { creating.remove(id) }
        do {
            try request.checkPodSecurity()
            try HostHooks.check(request)
            let (machine, prepared) = try await machine(for: request)
            let request = prepared.request
            logRemarks(on: prepared)
            let hooks = HostHooks(of: request, in: machine.network, environment)
            let process = try await makeContainer(request, prepared.plan, hooks, in: machine)
            guard case .running = self.machine else {
                await process.streams.close()
                process.exit.succeed(ExitRecord(status: ExitRecord.killedStatus))
                await hooks?.runAfterDeletion()
                throw lostDuringCreation(of: id)
            }
            containers[id] = PodContainer(
                id: id, bundle: request.bundle, process: process, hooks: hooks,
                resources: request.spec.linux?.resources ?? Resources())
        } catch {
            if containers.isEmpty, creating == [id] {
                await stopMachine(reason: "its first container failed")
            }
            throw error
        }
        lastTaskPID = taskPID
        environment.events.publish(
            .created(
                .init(
                    container: id, bundle: request.bundle, rootfs: request.rootfs, stdio: request.stdio,
                    pid: taskPID)))
        return taskPID
    }

    /// Deletes an exec, or a container that has ended or was never started.
    ///
    /// With the last container the machine ends.
    package func delete(_ id: ContainerID, _ exec: ExecID?) async throws -> (pid: UInt32, exit: ExitRecord) {
        let container = try container(id)
        let process = try process(id, exec)
        switch process.state {
        case .running, .starting:
            throw RuntimeError(
                .failedPrecondition, "can't delete \(process.id): it is running; kill it first")
        case .created, .stopped:
            break
        }
        guard !process.isBeingDeleted else {
            throw RuntimeError(.notFound, "can't delete \(process.id): it is being deleted already")
        }
        process.isBeingDeleted = true
        await process.streams.finish()
        let pid = taskPID
        // A process that never ran has no exit to tell; whoever waits for it must still be answered.
        let record = process.exitRecord ?? ExitRecord(status: exec == nil ? ExitRecord.killedStatus : 0)
        if let exec {
            await forgetInGuest(process)
            container.execs[exec] = nil
        } else {
            for other in container.execs.values {
                await other.streams.close()
                let end = other.exitRecord ?? ExitRecord(status: ExitRecord.killedStatus)
                other.state = .stopped(end)
                other.exit.succeed(end)
            }
            await removeFromMachine(id)
            await runHooksAfterDeletion(of: id)
            containers[id] = nil
        }
        process.exit.succeed(record)
        if exec == nil, isEmpty { await stopMachine(reason: "its last container was deleted") }
        environment.events.publish(
            .deleted(container: id, process: exec?.rawValue ?? id.rawValue, pid: pid, record))
        return (pid, record)
    }

    /// Runs the hooks that come first, puts the container's files into the share and has the guest make it.
    private func makeContainer(
        _ request: ContainerRequest, _ plan: ContainerPlan, _ hooks: HostHooks?, in machine: SandboxMachine
    ) async throws -> ContainerProcess {
        let id = request.id
        let guestID = GuestProcessID(container: id, process: id.rawValue)
        var undo = UndoStack()
        do {
            if let hooks {
                // A failed hook may have done its half, and those before it all of theirs.
                undo.push { await hooks.runAfterDeletion() }
                try await runHooksBeforeCreation(hooks, of: id, in: machine)
            }
            let streams = try await ProcessStreams(
                request.stdio, agent: machine.agent, stdioContext(of: guestID))
            undo.push { await streams.close() }
            undo.push { await machine.detach(id) }
            try await machine.attach(plan.shares, of: id)
            undo.push { [loop = environment.loop] in
                try? await loop.withDeadline(.seconds(5), "remove what was made of a container") {
                    try await machine.agent.remove(id)
                }
            }
            try await environment.loop.withDeadline(
                request.configuration.createContainerDeadline,
                "create container '\(id.rawValue)' in the guest"
            ) { [agent = machine.agent] in
                try await agent.create(
                    id, plan.guestSpec, devices: plan.guestDevices,
                    sharedProcessNamespace: plan.sharesProcessNamespace)
            }
            return ContainerProcess(
                id: guestID, stdio: request.stdio, execSpec: nil, streams: streams,
                exit: environment.loop.eventLoop.makePromise(of: ExitRecord.self))
        } catch {
            await undo.unwind()
            throw error
        }
    }

    /// Says what of the request will have no effect.
    private func logRemarks(on prepared: ContainerPreparation) {
        let request = prepared.request
        let (logger, id) = (environment.logger, request.id.rawValue)
        for warning in prepared.warnings {
            logger.warning("devices", metadata: ["container": "\(id)", "note": "\(warning)"])
        }
        for remark in request.remarks + prepared.plan.notes {
            logger.info(
                "part of the spec has no effect", metadata: ["container": "\(id)", "part": "\(remark)"])
        }
        guard !request.ignoredAnnotations.isEmpty else { return }
        let names = request.ignoredAnnotations.prefix(64).joined(separator: ", ")
        logger.warning("annotations ignored", metadata: ["container": "\(id)", "annotations": "\(names)"])
    }

    /// Has the guest forget a container, then takes its files out of the share. The order matters: the guest
    /// must unmount first, so that the file server lets go of what it has open.
    private func removeFromMachine(_ id: ContainerID) async {
        guard case .running(let machine) = machine else { return }
        do {
            try await environment.loop.withDeadline(
                .seconds(10), "remove container '\(id.rawValue)' in the guest"
            ) {
                try await machine.agent.remove(id)
            }
        } catch {
            environment.logger.warning(
                "container not removed in the guest",
                metadata: ["container": "\(id.rawValue)", "error": "\(error)"])
        }
        await machine.detach(id)
    }

    /// The error of a container that the machine did not live to see.
    func lostDuringCreation(of id: ContainerID) -> RuntimeError {
        let reason = if case .ended(let reason) = machine { reason } else { "it was stopped" }
        return RuntimeError(
            .unavailable,
            "can't create container '\(id.rawValue)': the virtual machine ended meanwhile: \(reason)")
    }
}

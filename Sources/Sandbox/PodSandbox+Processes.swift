import AgentClient
import Glibc
import LoopSupport
import NIOCore
package import OCI
import RuntimeErrors

extension PodSandbox {
    /// How long the guest may take to answer an ordinary call.
    static let agentDeadline = Duration.seconds(30)

    /// Starts a container's first process, or an exec.
    ///
    /// - Returns: the task's pid.
    package func start(_ id: ContainerID, _ exec: ExecID?) async throws -> UInt32 {
        let process = try process(id, exec)
        guard case .created = process.state, !process.isBeingDeleted else {
            throw RuntimeError(
                .failedPrecondition, "can't start \(process.id): it was started before; create a new one")
        }
        let machine = try runningMachine(for: "start \(process.id)")
        if exec != nil { try requireRunning(id, for: "start \(process.id)") }
        let settled = environment.loop.eventLoop.makePromise(of: Void.self)
        process.startSettled = settled.futureResult
        process.state = .starting
        defer { settled.succeed() }
        let size = process.terminalSize
        do {
            if var spec = process.execSpec {
                if let size { spec.consoleSize = size }
                try await launch(process.id, spec, machine.agent)
            } else {
                try await environment.loop.withDeadline(Self.agentDeadline, "start \(process.id)") {
                    try await machine.agent.start(id)
                }
            }
        } catch {
            // Clients wait for the end of the output before they look at the error.
            await process.streams.close()
            if case .starting = process.state { settleFailedStart(id, exec, process) }
            throw error
        }
        guard case .starting = process.state else {
            throw RuntimeError(
                .unavailable,
                "can't start \(process.id): the virtual machine or the container ended meanwhile; create it again"
            )
        }
        process.state = .running
        if let exec {
            environment.events.publish(.execStarted(container: id, exec: exec, pid: taskPID))
        } else {
            environment.events.publish(.started(container: id, pid: taskPID))
        }
        settled.succeed()
        await process.streams.start()
        environment.loop.task { await self.watch(id, exec, machine.agent) }
        if !watchesMemory {
            watchesMemory = true
            environment.loop.task { await self.watchMemory(of: machine) }
        }
        await applySize(of: process, after: size, machine.agent)
        if exec == nil { await runHooksAfterStart(of: id, in: machine) }
        return taskPID
    }

    /// A container's first process that could not be started has ended: clients delete only what has. An exec
    /// can be deleted as it is.
    private func settleFailedStart(_ id: ContainerID, _ exec: ExecID?, _ process: ContainerProcess) {
        process.state = .created
        if exec == nil { finish(id, nil, ExitRecord(status: ExitRecord.notStartedStatus)) }
    }

    /// Sends a signal to a process, or to all processes of a container.
    ///
    /// SIGKILL to what has ended already succeeds: there is nothing left to do.
    package func kill(_ id: ContainerID, _ exec: ExecID?, signal: UInt32, all: Bool) async throws {
        guard (1...64).contains(signal) else {
            throw RuntimeError(
                .invalidArgument, "can't send signal \(signal): signals are 1 to 64; choose one of those")
        }
        let process = try process(id, exec)
        if case .starting = process.state, let settled = process.startSettled {
            // A signal that overtakes the start would miss a process that is there in a moment.
            try await environment.loop.withDeadline(Self.agentDeadline, "signal \(process.id)") {
                try await settled.get()
            }
        }
        switch process.state {
        case .stopped:
            guard signal == UInt32(SIGKILL) else {
                throw RuntimeError(.notFound, "can't signal \(process.id): process already finished")
            }
            return
        case .created where exec != nil:
            throw RuntimeError(
                .failedPrecondition, "can't signal \(process.id): it is not running; start it first")
        case .created, .starting, .running:
            break
        }
        let agent = try runningMachine(for: "signal \(process.id)").agent
        let wasCreated = if case .created = process.state { true } else { false }
        try await environment.loop.withDeadline(Self.agentDeadline, "signal \(process.id)") {
            [guestID = process.id] in
            try await agent.signal(guestID, signal, everyProcess: all)
        }
        if signal == UInt32(SIGKILL), exec == nil { await letDie(id, agent) }
        if wasCreated, signal == UInt32(SIGKILL), exec == nil {
            // No start will come whose watcher could see the end of it.
            finish(id, nil, ExitRecord(status: ExitRecord.killedStatus))
        }
    }

    /// Waits for a process's end; any number of callers, before and after it.
    package func wait(_ id: ContainerID, _ exec: ExecID?) async throws -> ExitRecord {
        try await process(id, exec).exit.futureResult.get()
    }

    /// Closes a process's standard input. Does not wait for what is still on its way.
    package func closeInput(_ id: ContainerID, _ exec: ExecID?) async throws {
        let process = try process(id, exec)
        await process.streams.closeInput()
    }

    /// Waits in the guest for a process's end, lets its last output out, and tells the end.
    private func watch(_ id: ContainerID, _ exec: ExecID?, _ agent: GuestAgent) async {
        guard let process = try? process(id, exec) else { return }
        let status: UInt32
        do {
            status = try await agent.wait(process.id)
        } catch {
            // The loss that this is a consequence of says more than it.
            try? await environment.loop.sleep(for: SandboxMachine.causeLag)
            // One whose end was told already, and which the guest has forgotten, is nobody's loss.
            guard process.isAlive else { return }
            // Without its agent a machine is of no use, and its processes can no longer be told apart.
            await loseMachine("the guest agent stopped answering: \(error)")
            return
        }
        let record = ExitRecord(status: status)
        await process.streams.drain()
        if exec == nil { await settleExecs(of: id) }
        // The id may be another process's by now.
        if process.isAlive { finish(id, exec, record) }
    }

    /// Records a process's end and tells it, once.
    func finish(_ id: ContainerID, _ exec: ExecID?, _ record: ExitRecord) {
        guard let process = try? process(id, exec), process.exitRecord == nil else { return }
        process.state = .stopped(record)
        if exec == nil { containers[id]?.suspension = .active }
        environment.events.publish(
            .exited(container: id, process: exec?.rawValue ?? id.rawValue, pid: taskPID, record))
        process.exit.succeed(record)
    }
}

import AgentClient
import Glibc
import Logging
import LoopSupport
import NIOCore
package import OCI
import RuntimeErrors

extension PodSandbox {
    /// How long the ends of all execs may lag behind that of their container.
    private static let execPatience = Duration.seconds(2)

    /// Adds a process to a container; it runs once it is started.
    package func addExec(_ exec: ExecID, to id: ContainerID, _ spec: OCI.Process, _ stdio: StdioPaths)
        async throws
    {
        _ = try place(for: exec, in: id)
        let machine = try runningMachine(for: "add exec '\(exec.rawValue)'")
        let guestID = GuestProcessID(container: id, process: exec.rawValue)
        let loop = environment.loop
        let streams = try await ProcessStreams(stdio, agent: machine.agent, stdioContext(of: guestID))
        let container: PodContainer
        do {
            // Much may have happened while the streams were opened.
            container = try place(for: exec, in: id)
        } catch {
            await streams.close()
            throw error
        }
        var spec = spec
        spec.env = PCIDeviceVariables(machine.devices.attached.vfio).rewritten(spec.env)
        container.execs[exec] = ContainerProcess(
            id: guestID, stdio: stdio, execSpec: spec, streams: streams,
            exit: loop.eventLoop.makePromise(of: ExitRecord.self))
        environment.events.publish(.execAdded(container: id, exec: exec))
    }

    /// The container that an exec of this id can be added to.
    private func place(for exec: ExecID, in id: ContainerID) throws -> PodContainer {
        let container = try container(id)
        guard container.execs[exec] == nil else {
            throw RuntimeError(
                .alreadyExists,
                "can't add exec '\(exec.rawValue)' to container '\(id.rawValue)': the id is taken; choose another"
            )
        }
        try requireRunning(id, for: "add exec '\(exec.rawValue)'")
        return container
    }

    /// Fails unless the container's first process runs, and is not paused: another would not begin to run.
    func requireRunning(_ id: ContainerID, for action: String) throws {
        let container = try container(id)
        guard case .running = container.process.state else {
            throw RuntimeError(
                .failedPrecondition,
                "can't \(action): container '\(id.rawValue)' is not running; start it first")
        }
        guard case .active = container.suspension else {
            throw RuntimeError(
                .failedPrecondition,
                "can't \(action): container '\(id.rawValue)' is paused; resume it first")
        }
    }

    /// Has the guest run an exec when its turn has come.
    func launch(_ id: GuestProcessID, _ spec: OCI.Process, _ agent: GuestAgent) async throws {
        await launches.enter(on: environment.loop)
        defer { launches.leave() }
        let call = environment.loop.task { try await agent.exec(id, spec) }
        do {
            try await environment.loop.withDeadline(Self.agentDeadline, "start \(id)") {
                try await call.value
            }
        } catch let error as RuntimeError where error.code == .deadlineExceeded {
            environment.loop.task {
                // One that starts after all is nobody's.
                try await call.value
                try await agent.signal(id, UInt32(SIGKILL), everyProcess: false)
                try await agent.forget(id)
            }
            throw error
        }
    }

    /// Has the guest forget an exec that has ended, which frees its id there too.
    func forgetInGuest(_ process: ContainerProcess) async {
        guard case .running(let machine) = machine, process.exitRecord != nil else { return }
        do {
            try await environment.loop.withDeadline(.seconds(2), "forget \(process.id)") {
                [id = process.id] in
                try await machine.agent.forget(id)
            }
        } catch {
            environment.logger.debug(
                "process not forgotten in the guest",
                metadata: ["process": "\(process.id)", "error": "\(error)"])
        }
    }

    /// A container's execs end with it, and their ends are told first.
    func settleExecs(of id: ContainerID) async {
        guard let container = containers[id] else { return }
        let end = ContinuousClock.now + Self.execPatience
        for process in container.execs.values {
            if case .starting = process.state, let settled = process.startSettled {
                await waitFor(settled, until: end)
            }
            if case .running = process.state { await waitFor(process.exit.futureResult, until: end) }
        }
        for (exec, process) in container.execs {
            guard case .running = process.state else { continue }
            finish(id, exec, ExitRecord(status: ExitRecord.killedStatus))
        }
    }

    private func waitFor<T: Sendable>(_ future: EventLoopFuture<T>, until end: ContinuousClock.Instant) async
    {
        let rest = max(.zero, end - ContinuousClock.now)
        _ = try? await environment.loop.withDeadline(rest, "see the end of an exec") {
            try await future.get()
        }
    }
}

import Hypervisor
import Logging
import LoopSupport
import OCI
import RuntimeErrors

extension PodSandbox {
    /// The machine for a container, and what is done for it there: the machine that runs, or one booted now; only one
    /// boot is ever under way.
    func machine(
        for request: ContainerRequest
    ) async throws -> (SandboxMachine, ContainerPreparation) {
        switch machine {
        case .running(let machine): return try await join(machine, request)
        case .ended: return try await join(try runningMachine(for: request.creation), request)
        case .booting(let boot): return try await join(try await boot.value.machine, request)
        case .absent: break
        }
        let boot = environment.loop.task { [name, environment] in
            try await SandboxMachine.boot(for: name, request, environment)
        }
        machine = .booting(boot)
        do {
            let booted = try await boot.value
            machine = .running(booted.machine)
            lastTaskPID = UInt32(bitPattern: booted.machine.vm.pid)
            environment.loop.task { await self.watchMachine(booted.machine) }
            return (booted.machine, booted.first)
        } catch {
            machine = .absent
            throw error
        }
    }

    /// A further container of a machine that runs.
    private func join(
        _ machine: SandboxMachine, _ request: ContainerRequest
    ) async throws -> (SandboxMachine, ContainerPreparation) {
        let roots = environment.roots
        let preparation = try await environment.effects.run(
            "look at the devices of container '\(request.id.rawValue)'", deadline: .seconds(20)
        ) { [devices = machine.devices] in
            try ContainerPreparation(of: request, joining: devices, on: roots)
        }
        return (machine, preparation)
    }

    /// Ends the machine in order, and remembers why.
    func stopMachine(reason: String) async {
        guard case .running(let running) = machine else { return }
        lastTaskPID = UInt32(bitPattern: running.vm.pid)
        machine = .ended(reason: reason)
        for run in hookRuns.values { run.cancel() }
        await clear(running, orderly: true)
    }

    /// Ends what is left of a machine, and lets others wait for it too.
    private func clear(_ running: SandboxMachine, orderly: Bool) async {
        let task = environment.loop.task { await running.stop(orderly: orderly) }
        clearing = task
        try? await task.value
    }

    /// The machine is lost, or of no use: ends every process of the sandbox at once, then clears up.
    func loseMachine(_ reason: String) async {
        guard case .running(let running) = machine else { return }
        lastTaskPID = UInt32(bitPattern: running.vm.pid)
        machine = .ended(reason: reason)
        for run in hookRuns.values { run.cancel() }
        environment.logger.error(
            "virtual machine lost", metadata: ["sandbox": "\(name.id.rawValue)", "reason": "\(reason)"])
        running.vm.kill()
        let killed = ExitRecord(status: ExitRecord.killedStatus)
        for (id, container) in containers {
            for (exec, process) in container.execs where process.isAlive { finish(id, exec, killed) }
            if container.process.isAlive { finish(id, nil, killed) }
        }
        await clear(running, orderly: false)
    }

    /// Ends everything at once, for a shim that is told to leave.
    package func shutdown() async {
        await stopMachine(reason: "the shim was shut down")
        try? await clearing?.value
        for container in containers.values {
            await container.process.streams.close()
            for process in container.execs.values { await process.streams.close() }
        }
        await loggingPrograms.ended()
    }

    private func watchMachine(_ running: SandboxMachine) async {
        let end = await running.firstLoss()
        await loseMachine(end)
    }
}

extension ContainerProcess {
    /// Whether the guest has, or may soon have, a process for this.
    var isAlive: Bool {
        if case .stopped = state { false } else { true }
    }
}

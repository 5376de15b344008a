import Hypervisor
import LoopSupport
import OCI

extension PodSandbox {
    /// Runs what must come before the guest makes a container. The hooks are killed when the machine is lost.
    func runHooksBeforeCreation(_ hooks: HostHooks, of id: ContainerID, in machine: SandboxMachine)
        async throws
    {
        do {
            try await whileMachineLives(id) { try await hooks.runBeforeCreation(pid: machine.vm.pid) }
        } catch {
            if case .running = self.machine { throw error }
            throw lostDuringCreation(of: id)
        }
    }

    /// Runs what follows the start of a container's first process.
    func runHooksAfterStart(of id: ContainerID, in machine: SandboxMachine) async {
        guard let hooks = containers[id]?.hooks else { return }
        _ = try? await whileMachineLives(id) { await hooks.runAfterStart(pid: machine.vm.pid) }
    }

    /// Runs what follows the end of a container that is not in the guest any more.
    func runHooksAfterDeletion(of id: ContainerID) async {
        hookRuns[id]?.cancel()
        await containers[id]?.hooks?.runAfterDeletion()
    }

    /// Runs hooks in a task that the loss of the machine cancels.
    private func whileMachineLives(_ id: ContainerID, _ body: @escaping @Sendable () async throws -> Void)
        async throws
    {
        let run = environment.loop.task(body)
        hookRuns[id] = run
        defer { hookRuns[id] = nil }
        try await withTaskCancellationHandler {
            try await run.value
        } onCancel: {
            run.cancel()
        }
    }
}

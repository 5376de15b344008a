import AgentClient
import Logging
import LoopSupport
import RuntimeErrors

extension PodSandbox {
    /// How often in a row the agent may fail to say which container lacks memory.
    private static let patience = 5

    /// Tells every time that a container loses a process for want of memory, as long as the machine lives.
    func watchMemory(of running: SandboxMachine) async {
        var pace = EventPace()
        var failures = 0
        while isRunning(running) {
            do {
                let id = try await running.agent.nextOutOfMemory()
                failures = 0
                // An event may outlive its container, and a guest may name what was never there.
                if isRunning(running), containers[id] != nil {
                    environment.events.publish(.outOfMemory(container: id))
                }
                if let pause = pace.pause() { try await environment.loop.sleep(for: pause) }
            } catch {
                guard isRunning(running) else { return }
                failures += 1
                let hasNone = (error as? RuntimeError)?.code == .unimplemented
                guard failures < Self.patience, !hasNone else {
                    environment.logger.warning(
                        "lack of memory is not noticed any more", metadata: ["error": "\(error)"])
                    return
                }
                try? await environment.loop.sleep(for: .seconds(1))
            }
        }
    }

    private func isRunning(_ other: SandboxMachine) -> Bool {
        if case .running(let machine) = machine { machine === other } else { false }
    }
}

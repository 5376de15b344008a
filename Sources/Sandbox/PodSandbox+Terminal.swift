import AgentClient
import Logging
import LoopSupport
package import OCI
import RuntimeErrors

extension PodSandbox {
    /// Sets the size of a process's terminal, also before the process is started. One without a terminal has
    /// nothing to set, which is no error: callers do not know.
    ///
    /// - Throws: `failedPrecondition` if the process has ended, `invalidArgument` for a size no terminal has.
    package func resize(_ id: ContainerID, _ exec: ExecID?, to size: ConsoleSize) async throws {
        let process = try process(id, exec)
        guard size.height <= UInt16.max, size.width <= UInt16.max else {
            throw RuntimeError(
                .invalidArgument,
                "can't resize the terminal of \(process.id): it can't have \(size.width) × \(size.height) characters; give at most 65535"
            )
        }
        guard process.exitRecord == nil else {
            throw RuntimeError(
                .failedPrecondition,
                "can't resize the terminal of \(process.id): it has ended; start a new one")
        }
        guard process.stdio.terminal else { return }
        process.terminalSize = size
        if exec != nil {
            // The guest does not know an exec before its start, which takes the size along.
            guard case .running = process.state else { return }
        }
        try await resize(process, to: size, runningMachine(for: "resize the terminal of \(process.id)").agent)
    }

    /// Gives a process that has just been started the size that was asked for after `sent` had gone out with it.
    func applySize(of process: ContainerProcess, after sent: ConsoleSize?, _ agent: GuestAgent) async {
        guard let size = process.terminalSize, size != sent else { return }
        do {
            try await resize(process, to: size, agent)
        } catch {
            environment.logger.warning(
                "terminal not resized", metadata: ["process": "\(process.id)", "error": "\(error)"])
        }
    }

    private func resize(_ process: ContainerProcess, to size: ConsoleSize, _ agent: GuestAgent) async throws {
        let id = process.id
        try await environment.loop.withDeadline(Self.quickDeadline, "resize the terminal of \(id)") {
            try await agent.resize(id, to: size)
        }
    }
}

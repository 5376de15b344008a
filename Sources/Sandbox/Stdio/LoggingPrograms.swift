import AgentClient
import LoopSupport
import NIOCore

/// The logging programs of one sandbox that have not ended: the shim stays for them.
actor LoggingPrograms {
    private let limits: LoggingProcess.Limits
    private var running: [ObjectIdentifier: LoggingProcess] = [:]

    /// None yet.
    init(limits: LoggingProcess.Limits = .init()) {
        self.limits = limits
    }

    /// Starts a program; see ``LoggingProcess/start(_:of:namespace:outputs:within:_:)``.
    func start(
        _ program: LoggingProgram, of process: GuestProcessID, namespace: String, outputs: Set<GuestOutput>,
        _ environment: SandboxEnvironment
    ) async throws -> (LoggingProcess, [GuestOutput: PipeWriter]) {
        let (logging, writers) = try await LoggingProcess.start(
            program, of: process, namespace: namespace, outputs: outputs, within: limits, environment)
        running[ObjectIdentifier(logging)] = logging
        environment.loop.task {
            _ = try? await logging.ended.get()
            await self.forget(logging)
        }
        return (logging, writers)
    }

    /// Waits until all have ended; their outputs must have been closed. Those that stay are killed in time.
    func ended() async {
        for logging in Array(running.values) { _ = try? await logging.ended.get() }
    }

    private func forget(_ logging: LoggingProcess) {
        running[ObjectIdentifier(logging)] = nil
    }
}

import Glibc
import Linux
import LoopSupport
import NIOCore
import RuntimeErrors

/// A daemon that serves one machine: its end is seen, and the last of what it said is kept.
final class HelperProcess: Sendable {
    /// What it is called in messages.
    let name: String
    let pid: pid_t
    /// Done when the process has ended.
    let exited: EventLoopFuture<ExitStatus>
    private let pidfd: SharedDescriptor
    private let errors: OutputCollector

    private init(
        name: String, pid: pid_t, pidfd: SharedDescriptor, errors: OutputCollector,
        exited: EventLoopFuture<ExitStatus>
    ) {
        self.name = name
        self.pid = pid
        self.pidfd = pidfd
        self.errors = errors
        self.exited = exited
    }

    /// Starts a daemon. Must be called on the loop's thread, with which the daemon dies.
    ///
    /// - Parameter spawn: starts it, with the descriptor that it is given as its standard error.
    static func start(
        _ name: String, _ environment: SandboxEnvironment,
        _ spawn: (_ standardError: CInt) throws -> (pid: pid_t, pidfd: SharedDescriptor)
    ) async throws -> HelperProcess {
        let pipe = try makePipe()
        let errors = try await OutputCollector.open(try pipe.read.duplicated(), on: environment.loop)
        let (pid, pidfd): (pid_t, SharedDescriptor)
        do {
            (pid, pidfd) = try spawn(pipe.write.raw)
        } catch {
            errors.close()
            throw error
        }
        let exited = environment.loop.eventLoop.makePromise(of: ExitStatus.self)
        environment.children.onExit(of: pid) { exited.succeed($0) }
        return HelperProcess(name: name, pid: pid, pidfd: pidfd, errors: errors, exited: exited.futureResult)
    }

    /// Kills it and waits for its end.
    func stop() async {
        try? CrashPoint.pass("helper.stop")
        try? sendSignal(SIGKILL, to: pidfd.raw)
        _ = try? await exited.get()
        errors.close()
    }

    /// Its end in words, with the last of what it said.
    func account(of status: ExitStatus) async -> String {
        let said = String(
            await errors.text().split(separator: "\n").suffix(5).joined(separator: " | ").suffix(2048))
        let end = "\(name) \(status.words)"
        return said.isEmpty ? end : "\(end) and said '\(said)'"
    }
}

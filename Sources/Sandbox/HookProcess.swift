import Glibc
import Linux
import LoopSupport
import NIOCore
import OCI

/// One run of one hook, which leads a session and a process group of its own.
///
/// What kills it does so on the loop and only while its end has not been seen: its number, and so its group's,
/// can belong to nobody else then.
final class HookProcess: Sendable {
    /// How a run ended.
    enum End: Sendable, Equatable {
        case exited(ExitStatus)
        /// It was killed because its time was over.
        case timedOut
        /// It was killed because nobody waits for it any more.
        case cancelled
    }

    private enum State {
        case running
        case killed(End)
        case over
    }

    /// How long a killed process may take to go; one that hangs in the kernel is left behind then.
    private static let patience = TimeAmount.seconds(2)
    /// How long its standard error may stay open after its end: a daemon of its making may hold it.
    private static let lastWords = Duration.milliseconds(200)

    private let pid: pid_t
    private let loop: MainLoop
    private let errors: OutputCollector
    private let state: NIOLoopBoundBox<State>
    private let ended: EventLoopPromise<End>

    private init(pid: pid_t, errors: OutputCollector, on loop: MainLoop) {
        self.pid = pid
        self.loop = loop
        self.errors = errors
        state = NIOLoopBoundBox(.running, eventLoop: loop.eventLoop)
        ended = loop.eventLoop.makePromise(of: End.self)
    }

    /// Starts a hook. Must be called on the loop, with whose thread it dies.
    ///
    /// - Parameters:
    ///   - input: what it reads from its standard input; of any size, and it need not read it.
    ///   - folder: its working directory.
    /// - Throws: `RuntimeError` of the step that failed.
    static func start(
        _ hook: Hook, input: [UInt8], folder: String, in network: NetworkNamespace,
        _ environment: SandboxEnvironment
    ) async throws -> HookProcess {
        let pipe = try makePipe()
        let errors = try await OutputCollector.open(try pipe.read.duplicated(), on: environment.loop)
        let pid: pid_t
        do {
            pid = try spawn(hook, input, folder, network, standardError: pipe.write.raw)
        } catch {
            errors.close()
            throw error
        }
        let process = HookProcess(pid: pid, errors: errors, on: environment.loop)
        let children = environment.children
        children.onExit(of: pid) { status in
            process.settle(status)
            children.forget(pid)
        }
        return process
    }

    /// Waits for its end; kills it and its group after `limit`, or when the calling task is cancelled.
    func end(within limit: Duration) async -> End {
        let timer = loop.eventLoop.scheduleTask(in: TimeAmount(limit)) { self.kill(.timedOut) }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            (try? await ended.futureResult.get()) ?? .cancelled
        } onCancel: {
            loop.eventLoop.execute { self.kill(.cancelled) }
        }
    }

    /// The last lines that it wrote to its standard error, once it has ended.
    func lastErrors() async -> String {
        let closed = errors.closed
        _ = try? await loop.withDeadline(Self.lastWords, "read a hook's errors") { try await closed.get() }
        let said = await errors.text().split(separator: "\n").suffix(5).joined(separator: " | ")
        return String(said.suffix(1024))
    }

    /// Stops to read what it, or a process that it left behind, writes.
    func close() {
        errors.close()
    }

    private static func spawn(
        _ hook: Hook, _ input: [UInt8], _ folder: String, _ network: NetworkNamespace, standardError: CInt
    ) throws -> pid_t {
        // A file in memory, unlike a pipe, takes all of it at once, and a hook that reads nothing breaks nothing.
        let stdin = try sealedMemoryFile("state", contents: input)
        let null = try openDescriptor("/dev/null", flags: O_RDWR)
        var launch = ChildLaunch(
            executable: hook.path, arguments: hook.args.isEmpty ? [hook.path] : hook.args,
            environment: hook.env, descriptors: [(stdin.raw, 0), (null.raw, 1), (standardError, 2)])
        launch.workingDirectory = folder
        launch.joinNamespaces = [network.descriptor.raw]
        launch.newSession = true
        launch.parentDeathSignal = SIGKILL
        // It is the host's own program, with the rights of whoever runs the shim.
        launch.noNewPrivileges = false
        return try Linux.spawn(launch).pid
    }

    private func kill(_ reason: End) {
        guard case .running = state.value else { return }
        state.value = .killed(reason)
        _ = Glibc.kill(-pid, SIGKILL)
        loop.eventLoop.scheduleTask(in: Self.patience) { self.ended.succeed(reason) }
    }

    private func settle(_ status: ExitStatus) {
        let end: End = if case .killed(let reason) = state.value { reason } else { .exited(status) }
        state.value = .over
        ended.succeed(end)
    }
}

import AgentClient
import Glibc
import Linux
import Logging
import LoopSupport
import NIOCore
import RuntimeErrors

/// A running logging program. It reads a process's output from its descriptors 3 and 4, and is told to end by their
/// end: it has read all there was by then, whatever has become of the machine or the shim.
///
/// What signals it does so on the loop and only while its end has not been seen, as with hooks.
final class LoggingProcess: Sendable {
    /// How long a program may take for what is asked of it.
    struct Limits: Sendable {
        /// Until it is ready.
        var ready = Duration.seconds(10)
        /// After the end of the output, until SIGTERM.
        var grace = Duration.seconds(5)
        /// After SIGTERM, until SIGKILL.
        var lastGrace = Duration.seconds(5)
    }

    /// Done when it has ended, and what it said has been logged.
    let ended: EventLoopFuture<ExitStatus>
    private let program: LoggingProgram
    private let process: GuestProcessID
    private let pid: pid_t
    private let errors: OutputCollector
    private let environment: SandboxEnvironment
    private let limits: Limits
    private let state: NIOLoopBoundBox<State>

    private struct State {
        var isOver = false
        var outputs: Set<GuestOutput>
    }

    /// The ends of its pipes that this side holds.
    private struct Ends {
        var outputs: [GuestOutput: SharedDescriptor] = [:]
        let ready: SharedDescriptor
        let errors: SharedDescriptor
    }

    private init(
        _ program: LoggingProgram, of process: GuestProcessID, pid: pid_t, outputs: Set<GuestOutput>,
        errors: OutputCollector, _ limits: Limits, _ environment: SandboxEnvironment
    ) {
        (self.program, self.process, self.pid) = (program, process, pid)
        (self.errors, self.limits, self.environment) = (errors, limits, environment)
        state = .makeBoxSendingValue(State(outputs: outputs), eventLoop: environment.loop.eventLoop)
        let promise = environment.loop.eventLoop.makePromise(of: ExitStatus.self)
        ended = promise.futureResult
        environment.children.onExit(of: pid) { status in
            self.state.value.isOver = true
            environment.children.forget(pid)
            environment.loop.task {
                await self.report(status)
                promise.succeed(status)
            }
        }
    }

    /// Starts a program and waits until it is ready. Must be called on the loop.
    ///
    /// - Parameter outputs: what it gets of the process's output; the other descriptor is at its end at once.
    /// - Returns: it, and the pipes that it reads from.
    /// - Throws: `RuntimeError` with the program's path and the last of what it said; nothing is left of it then.
    static func start(
        _ program: LoggingProgram, of process: GuestProcessID, namespace: String, outputs: Set<GuestOutput>,
        within limits: Limits, _ environment: SandboxEnvironment
    ) async throws -> (LoggingProcess, [GuestOutput: PipeWriter]) {
        let what = "start logging program '\(program.path)' for \(process)"
        let (pid, ends): (pid_t, Ends)
        do {
            (pid, ends) = try spawn(program, of: process, namespace: namespace, outputs: outputs)
        } catch {
            throw RuntimeError(
                .failedPrecondition, "can't \(what); give the absolute path of a program", cause: error)
        }
        let errors = try await OutputCollector.open(try ends.errors.duplicated(), on: environment.loop)
        let logging = LoggingProcess(
            program, of: process, pid: pid, outputs: outputs, errors: errors, limits, environment)
        do {
            try await logging.waitUntilReady(ends, what)
            var writers: [GuestOutput: PipeWriter] = [:]
            for (output, end) in ends.outputs {
                writers[output] = try await PipeWriter.open(
                    try end.duplicated().release(), on: environment.loop)
            }
            return (logging, writers)
        } catch {
            logging.signal(SIGKILL)
            _ = try? await environment.loop.withDeadline(.seconds(2), what) { try await logging.ended.get() }
            throw error
        }
    }

    /// One of its outputs has ended. After the last it has a while to end by itself.
    func close(_ output: GuestOutput) {
        let (eventLoop, limits) = (environment.loop.eventLoop, limits)
        eventLoop.execute {
            guard self.state.value.outputs.remove(output) != nil, self.state.value.outputs.isEmpty else {
                return
            }
            eventLoop.scheduleTask(in: TimeAmount(limits.grace)) {
                self.signal(SIGTERM)
                eventLoop.scheduleTask(in: TimeAmount(limits.lastGrace)) { self.signal(SIGKILL) }
            }
        }
    }

    private static func spawn(
        _ program: LoggingProgram, of process: GuestProcessID, namespace: String, outputs: Set<GuestOutput>
    ) throws -> (pid_t, Ends) {
        let null = try openDescriptor("/dev/null", flags: O_RDWR)
        let (stdout, stderr, ready, errors) = try (makePipe(), makePipe(), makePipe(), makePipe())
        var launch = ChildLaunch(
            executable: program.path, arguments: [program.path] + program.arguments,
            environment: program.environment(of: process.process, in: namespace),
            descriptors: [
                (null.raw, 0), (null.raw, 1), (errors.write.raw, 2), (stdout.read.raw, 3),
                (stderr.read.raw, 4), (ready.write.raw, 5),
            ])
        launch.newSession = true
        // It is the host's own program, with the rights of whoever runs the shim.
        launch.noNewPrivileges = false
        let pid = try Linux.spawn(launch).pid
        var ends = Ends(ready: ready.read, errors: errors.read)
        if outputs.contains(.stdout) { ends.outputs[.stdout] = stdout.write }
        if outputs.contains(.stderr) { ends.outputs[.stderr] = stderr.write }
        return (pid, ends)
    }

    /// It is ready when it writes to its descriptor 5 or closes it.
    private func waitUntilReady(_ ends: Ends, _ what: String) async throws {
        let loop = environment.loop
        let ready = try await PipeReader.open(
            try ends.ready.duplicated().release(), maximumPiece: 16, on: loop)
        defer { ready.close() }
        let word: ByteBuffer?
        do {
            word = try await loop.withDeadline(limits.ready, what) { try await ready.next() }
        } catch {
            throw RuntimeError(
                .deadlineExceeded,
                "can't \(what): it neither wrote to its descriptor 5 nor closed it within \(limits.ready)\(await lastWords()); have it do so"
            )
        }
        guard word == nil, isEnding || ends.outputs.values.contains(where: Self.hasNoReader) else { return }
        let status = try await loop.withDeadline(.seconds(1), what) { [ended] in try await ended.get() }
        // It may have left the work to a process of its own.
        guard ends.outputs.values.contains(where: Self.hasNoReader) else { return }
        throw RuntimeError(
            .failedPrecondition,
            "can't \(what): it \(status.words) before it was ready\(await lastWords()); see to what it needs")
    }

    /// Whether it has no descriptors any more. They vanish all at once when a process ends, but what they stand for is
    /// let go of in any order: the end of 5 may be seen before that of 3 and 4.
    private var isEnding: Bool { access("/proc/\(pid)/fd/3", F_OK) != 0 }

    private static func hasNoReader(_ pipe: SharedDescriptor) -> Bool {
        var entry = pollfd(fd: pipe.raw, events: 0, revents: 0)
        return poll(&entry, 1, 0) == 1 && entry.revents & Int16(POLLERR) != 0
    }

    private func signal(_ number: CInt) {
        guard !state.value.isOver else { return }
        // What it has started goes with it only when it would not go itself.
        _ = kill(number == SIGKILL ? -pid : pid, number)
    }

    private func lastWords() async -> String {
        let said = await errors.text().split(separator: "\n").suffix(5).joined(separator: " | ")
        return said.isEmpty ? "" : " and said '\(said.suffix(1024))'"
    }

    private func report(_ status: ExitStatus) async {
        let closed = errors.closed
        // A process that it left behind may hold the pipe.
        _ = try? await environment.loop.withDeadline(.milliseconds(200), "read what it said") {
            try await closed.get()
        }
        let said = await lastWords()
        errors.close()
        let isEarly = !state.value.outputs.isEmpty
        guard isEarly || status != .exited(0) || !said.isEmpty else { return }
        environment.logger.warning(
            isEarly ? "logging program ended before the output" : "logging program ended",
            metadata: [
                "process": "\(process)", "program": "\(program.path)", "end": "it \(status.words)\(said)",
            ])
    }
}

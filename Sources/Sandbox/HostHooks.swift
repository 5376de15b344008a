import Glibc
import Linux
import Logging
import LoopSupport
import OCI
import RuntimeErrors

/// The hooks of one container that run on the host, in the pod's network namespace.
///
/// A program, its arguments and its environment are exactly what the specification says; no shell is between.
struct HostHooks: Sendable {
    /// The points of a container's life at which hooks run on the host.
    enum Point: String, Sendable {
        case prestart
        case createRuntime
        case poststart
        case poststop

        /// What the container's state says at this point.
        var status: HookState.Status {
            switch self {
            case .prestart, .createRuntime: .creating
            case .poststart: .running
            case .poststop: .stopped
            }
        }
    }

    /// The most hooks that one container may have on the host.
    static let maximumCount = 64
    /// How long a hook may take that names no timeout.
    static let defaultLimit = Duration.seconds(30)

    /// How long all hooks of one point may take together, whatever their own timeouts.
    var budget = Duration.seconds(300)

    private let hooks: Hooks
    private let state: HookState
    private let network: NetworkNamespace
    private let environment: SandboxEnvironment

    /// The hooks of a container in a pod with this network namespace; nil if none of them runs on the host.
    init?(of request: ContainerRequest, in network: NetworkNamespace, _ environment: SandboxEnvironment) {
        guard let hooks = request.spec.hooks, hooks.hostCount > 0 else { return nil }
        self.hooks = hooks
        self.network = network
        self.environment = environment
        state = HookState(
            ociVersion: request.spec.ociVersion, id: request.id.rawValue, status: .creating, pid: nil,
            bundle: request.bundle, annotations: request.spec.annotations)
    }

    /// Fails before anything is made for a container that has too many hooks.
    static func check(_ request: ContainerRequest) throws(RuntimeError) {
        guard let count = request.spec.hooks?.hostCount, count > maximumCount else { return }
        throw RuntimeError(
            .invalidArgument,
            "can't create container '\(request.id.rawValue)': it has \(count) hooks; give at most \(maximumCount)"
        )
    }

    /// Runs the prestart hooks, then the createRuntime hooks; the first failure ends it.
    ///
    /// - Parameter pid: a process in the pod's network namespace.
    /// - Throws: `RuntimeError` with the hook's path, how it ended and the last of what it said.
    func runBeforeCreation(pid: pid_t) async throws {
        for point in [Point.prestart, .createRuntime] {
            let end = ContinuousClock.now.advanced(by: budget)
            for hook in hooks.list(of: point) { try await run(hook, at: point, pid: pid, until: end) }
        }
    }

    /// Runs the poststart hooks. A failure is logged, and the next one runs.
    ///
    /// - Parameter pid: a process in the pod's network namespace.
    func runAfterStart(pid: pid_t) async {
        await runAll(at: .poststart, pid: pid)
    }

    /// Runs the poststop hooks, to their end even if the calling task is cancelled: they undo what others did.
    /// A failure is logged, and the next one runs.
    func runAfterDeletion() async {
        _ = try? await environment.loop.task { await runAll(at: .poststop, pid: nil) }.value
    }

    private func runAll(at point: Point, pid: pid_t?) async {
        let end = ContinuousClock.now.advanced(by: budget)
        for hook in hooks.list(of: point) {
            do {
                try await run(hook, at: point, pid: pid, until: end)
            } catch {
                environment.logger.warning(
                    "hook failed", metadata: ["container": "\(state.id)", "error": "\(error)"])
            }
        }
    }

    private func run(
        _ hook: Hook, at point: Point, pid: pid_t?, until end: ContinuousClock.Instant
    ) async throws {
        let what = "run \(point.rawValue) hook '\(hook.path)' of container '\(state.id)'"
        let limit = min(hook.limit, ContinuousClock.now.duration(to: end))
        guard limit > .zero else {
            throw RuntimeError(
                .deadlineExceeded, "can't \(what): the hooks before it took \(budget); make them faster")
        }
        var state = state
        state.status = point.status
        state.pid = pid
        let process: HookProcess
        do {
            process = try await HookProcess.start(
                hook, input: state.encoded(), folder: state.bundle, in: network, environment)
        } catch {
            throw RuntimeError(
                .failedPrecondition, "can't \(what); give the absolute path of a program", cause: error)
        }
        defer { process.close() }
        switch await process.end(within: limit) {
        case .exited(.exited(0)): return
        case .exited(.exited(let code)):
            throw await failure(.failedPrecondition, what, "it exited with \(code)", process)
        case .exited(.signaled(let signal)):
            throw await failure(.failedPrecondition, what, "it was killed by signal \(signal)", process)
        case .timedOut:
            throw await failure(
                .deadlineExceeded, what, "it did not end within \(limit) and was killed", process)
        case .cancelled:
            throw RuntimeError(
                .cancelled, "can't \(what): the machine or the call for it ended, and it was killed")
        }
    }

    private func failure(
        _ code: RuntimeError.Code, _ what: String, _ end: String, _ process: HookProcess
    ) async -> RuntimeError {
        let said = await process.lastErrors()
        return RuntimeError(code, "can't \(what): \(end) and said '\(said)'; see to what it needs")
    }
}

extension Hooks {
    /// How many hooks run on the host.
    fileprivate var hostCount: Int {
        prestart.count + createRuntime.count + poststart.count + poststop.count
    }

    fileprivate func list(of point: HostHooks.Point) -> [Hook] {
        switch point {
        case .prestart: prestart
        case .createRuntime: createRuntime
        case .poststart: poststart
        case .poststop: poststop
        }
    }
}

extension Hook {
    /// Its own timeout, or the usual one.
    fileprivate var limit: Duration {
        timeout.map { .seconds($0) } ?? HostHooks.defaultLimit
    }
}

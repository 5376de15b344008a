import AgentClient
import NIOCore
package import OCI

/// One process of a container: its first, or one added by exec. Belongs to its ``PodSandbox``.
final class ContainerProcess {
    /// How far a process has come.
    enum State {
        /// Known, not yet running.
        case created
        /// A start is under way.
        case starting
        /// Running in the guest.
        case running
        /// Ended.
        case stopped(ExitRecord)
    }

    let id: GuestProcessID
    let stdio: StdioPaths
    /// What to run, for an exec; the first process's is in the container's spec.
    let execSpec: OCI.Process?
    let streams: ProcessStreams
    /// Kept once, whoever waits and however late.
    let exit: EventLoopPromise<ExitRecord>
    var state = State.created
    /// Done when the start that is under way has succeeded or failed.
    var startSettled: EventLoopFuture<Void>?
    /// Set once its deletion has begun, so that two callers can't both delete it.
    var isBeingDeleted = false
    /// The size that was last asked for its terminal.
    var terminalSize: ConsoleSize?

    init(
        id: GuestProcessID, stdio: StdioPaths, execSpec: OCI.Process?, streams: ProcessStreams,
        exit: EventLoopPromise<ExitRecord>
    ) {
        self.id = id
        self.stdio = stdio
        self.execSpec = execSpec
        self.streams = streams
        self.exit = exit
    }

    /// The end of the process, once it has ended.
    var exitRecord: ExitRecord? {
        if case .stopped(let record) = state { record } else { nil }
    }
}

/// One container of a sandbox. Belongs to its ``PodSandbox``.
final class PodContainer {
    let id: ContainerID
    let bundle: String
    let process: ContainerProcess
    let hooks: HostHooks?
    var execs: [ExecID: ContainerProcess] = [:]
    var suspension = Suspension.active
    /// The limits as they were asked for.
    var resources: Resources

    init(
        id: ContainerID, bundle: String, process: ContainerProcess, hooks: HostHooks?, resources: Resources
    ) {
        self.id = id
        self.resources = resources
        self.bundle = bundle
        self.process = process
        self.hooks = hooks
    }

    /// What those of its processes are doing that have been started and have not ended.
    var runningStatus: ProcessReport.Status {
        switch suspension {
        case .active: .running
        case .pausing: .pausing
        case .paused, .resuming: .paused
        }
    }
}

/// What a caller may know of a process.
package struct ProcessReport: Sendable, Equatable {
    /// The states that the Task API tells apart.
    package enum Status: Sendable, Equatable {
        case created
        case running
        case pausing
        case paused
        case stopped
    }

    package var container: ContainerID
    package var exec: ExecID?
    package var bundle: String
    package var pid: UInt32
    package var status: Status
    package var stdio: StdioPaths
    /// Nil as long as the process runs.
    package var exit: ExitRecord?
}

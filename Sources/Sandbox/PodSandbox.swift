import AgentClient
import Configuration
import Hypervisor
import LoopSupport
package import OCI
import RuntimeErrors

/// One pod: a virtual machine and the containers in it.
///
/// Its methods run on the event loop and may interleave at every `await`; each re-reads what it needs after
/// one. The machine is booted by the first container and ends with the last.
package actor PodSandbox {
    /// Who the sandbox is.
    package nonisolated let name: SandboxName
    nonisolated let environment: SandboxEnvironment

    /// Programs that take output; they may outlive what they take it of for a while.
    nonisolated let loggingPrograms = LoggingPrograms()

    var machine = MachineState.absent
    /// Containers whose creation is under way: their ids are taken.
    var creating: Set<ContainerID> = []
    var containers: [ContainerID: PodContainer] = [:]
    /// Execs that are being started in the guest.
    let launches = Turnstile(places: 4)
    /// Hooks that run while a container is made or started.
    var hookRuns: [ContainerID: Task<Void, any Error>] = [:]

    /// Whether the guest is being asked who lacks memory.
    var watchesMemory = false

    /// What there is of the virtual machine.
    enum MachineState {
        case absent
        case booting(Task<BootedSandbox, any Error>)
        case running(SandboxMachine)
        /// Gone; `reason` says why, for those who still ask.
        case ended(reason: String)
    }

    /// A sandbox without a machine and without containers.
    package init(name: SandboxName, environment: SandboxEnvironment) {
        self.name = name
        self.environment = environment
    }

    /// Whether nothing is left that a shim would have to stay for.
    package var isEmpty: Bool { containers.isEmpty && creating.isEmpty }

    /// Whether any container has been made and not deleted.
    package var hasContainers: Bool { !containers.isEmpty }

    /// The pid that stands for every process of the sandbox: the monitor's, or this process's before boot.
    package var taskPID: UInt32 {
        switch machine {
        case .running(let machine): UInt32(bitPattern: machine.vm.pid)
        default: lastTaskPID
        }
    }
    var lastTaskPID: UInt32 = 0
    /// The removal of an ended machine, which whoever leaves must wait for.
    var clearing: Task<Void, any Error>?

    /// The running machine.
    ///
    /// - Throws: `unavailable` with the reason when it is gone, `failedPrecondition` when it never was.
    func runningMachine(for action: String) throws -> SandboxMachine {
        switch machine {
        case .running(let machine): return machine
        case .ended(let reason):
            throw RuntimeError(
                .unavailable,
                "can't \(action): the virtual machine of sandbox '\(name.id.rawValue)' has ended: \(reason)")
        case .absent, .booting:
            throw RuntimeError(
                .failedPrecondition,
                "can't \(action): the virtual machine of sandbox '\(name.id.rawValue)' is not running; create its first container"
            )
        }
    }

    /// Finds a container.
    func container(_ id: ContainerID) throws -> PodContainer {
        guard let container = containers[id] else {
            throw RuntimeError(.notFound, "can't find container '\(id.rawValue)': it is not in this sandbox")
        }
        return container
    }

    /// Finds a container's first process, or one of its execs.
    func process(_ id: ContainerID, _ exec: ExecID?) throws -> ContainerProcess {
        let container = try container(id)
        guard let exec else { return container.process }
        guard let process = container.execs[exec] else {
            throw RuntimeError(
                .notFound,
                "can't find exec '\(exec.rawValue)': container '\(id.rawValue)' has none of that id")
        }
        return process
    }

    /// What the Task API's State says of a process.
    package func report(_ id: ContainerID, _ exec: ExecID?) throws -> ProcessReport {
        let container = try container(id)
        let process = try process(id, exec)
        let status: ProcessReport.Status =
            switch process.state {
            case .created, .starting: .created
            case .running: container.runningStatus
            case .stopped: .stopped
            }
        return ProcessReport(
            container: id, exec: exec, bundle: container.bundle, pid: taskPID, status: status,
            stdio: process.stdio, exit: process.exitRecord)
    }

    /// What the streams of a process need to be opened.
    nonisolated func stdioContext(of process: GuestProcessID) -> StdioContext {
        StdioContext(
            process: process, namespace: name.namespace, programs: loggingPrograms, environment: environment)
    }

    /// Fails unless the container exists.
    package func require(_ id: ContainerID) throws {
        _ = try container(id)
    }
}

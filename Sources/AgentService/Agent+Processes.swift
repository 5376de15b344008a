import AgentProtocol
import Glibc
import GuestRuntime
import Linux
import LoopSupport
import NIOCore
import OCI
import RuntimeErrors

extension Agent {
    /// Runs another process in a container.
    func execProcess(_ request: AgentExecProcessRequest) async throws {
        let container = try container(request.containerID)
        let execID = try ContainerID(parsing: request.execID).rawValue
        guard container.processes[execID] == nil, !container.reserved.contains(execID) else {
            throw RuntimeError(
                .alreadyExists, "can't run the process '\(execID)' in container '\(container.id)': it exists")
        }
        let launched = try container.process("").launched
        guard container.state == .running else {
            throw RuntimeError(
                .failedPrecondition, "can't run a process in container '\(container.id)': it is not running")
        }
        guard !container.cgroup.isFrozen else {
            throw RuntimeError(
                .failedPrecondition,
                "can't run a process in container '\(container.id)': it is paused; resume it first")
        }
        if request.hasStringUser { throw LaunchPlan.unsupported("users by name") }
        var plan = try Self.plan(for: request.process, in: container.plan)
        plan.process.environment = container.addresses.rewritten(
            plan.process.environment, besides: container.plan.process.environment)
        let streams = try ProcessStreams()
        let launch = LaunchRequest(
            launcher: surroundings.launcher, plan: plan, streams: plan.process.terminal ? [] : streams.theirs,
            cgroup: container.cgroup.folder, container: launched.pidfd)
        container.reserved.insert(execID)
        defer { container.reserved.remove(execID) }
        let process: LaunchedProcess
        let terminal: SharedDescriptor?
        do {
            (process, terminal) = try await effect("run the process '\(execID)'") { try Self.run(launch) }
        } catch  where launched.isEnding {
            // In a container that ends anything may fail, and what does says little.
            throw RuntimeError(
                .failedPrecondition,
                "can't run a process in container '\(container.id)': its first process has ended",
                cause: error)
        }
        container.processes[execID] = try await ContainerProcess.adopt(
            execID, process, streams, terminal, on: loop)
    }

    /// Starts a further process; one that can't be is ended.
    private static func run(_ launch: LaunchRequest) throws -> (LaunchedProcess, SharedDescriptor?) {
        let process = try LaunchedProcess(launch)
        do {
            let terminal = try process.awaitReady(milliseconds: launchDeadline)
            try process.release(milliseconds: launchDeadline)
            return (process, terminal)
        } catch {
            try? sendSignal(SIGKILL, to: process.pidfd.raw)
            throw error
        }
    }

    /// Waits for the end of a process; any number of callers, also after it, but not after the one that has it
    /// forgotten.
    func waitProcess(_ containerID: String, _ execID: String, forgetting: Bool) async throws -> ExitStatus {
        let container = try container(containerID)
        let process = try container.process(execID)
        let status = await children.exit(of: process.launched.pid)
        // A container's first process goes with the container.
        if forgetting, process.id != container.id, container.processes[process.id] === process {
            container.processes[process.id] = nil
            process.close()
            children.forget(process.launched.pid)
        }
        try await memoryWatch.lookNow()
        return status
    }

    /// Sends a signal to a process, or to all of the container.
    func signalProcess(_ containerID: String, _ execID: String, _ signal: UInt32) async throws {
        let container = try container(containerID)
        guard (1...64).contains(signal) else {
            throw RuntimeError(.invalidArgument, "can't send signal \(signal): choose one from 1 to 64")
        }
        if execID.isEmpty {
            try container.cgroup.signal(CInt(signal))
        } else {
            try container.process(execID).signal(CInt(signal))
        }
    }

    /// The process of this exec id.
    func process(_ containerID: String, _ execID: String) throws -> ContainerProcess {
        try container(containerID).process(execID)
    }

    /// What a further process does not say, it has from the container; so does one of a host that sends only the
    /// command. What it does say counts, 0 and "none" too; but no limits at all are said by nobody.
    private static func plan(for process: AgentProcess, in container: LaunchPlan) throws(RuntimeError)
        -> LaunchPlan
    {
        var plan = LaunchPlan()
        plan.containerID = container.containerID
        plan.process = try ProcessPlan(process)
        plan.seccomp = container.seccomp
        let first = container.process
        if !process.hasCapabilities { plan.process.capabilities = first.capabilities }
        if !process.hasNoNewPrivileges { plan.process.noNewPrivileges = first.noNewPrivileges }
        if process.rlimits.isEmpty { plan.process.limits = first.limits }
        if !process.hasOomScoreAdj { plan.process.oomScoreAdjust = first.oomScoreAdjust }
        if !process.user.hasUmask { plan.process.umask = first.umask }
        if !process.hasScheduler { plan.process.scheduling = first.scheduling }
        if !process.hasIoPriority { plan.process.ioPriority = first.ioPriority }
        if process.execCpuAffinity.isEmpty { plan.process.processors = first.processors }
        return plan
    }
}

import AgentProtocol
import Glibc
import GuestRuntime
import Linux
import LoopSupport
import NIOCore
import OCI
import RuntimeErrors

extension Agent {
    /// Makes a container: everything but the execution of its command.
    ///
    /// - Parameter limit: how long the host waits for the answer.
    func createContainer(_ request: AgentCreateContainerRequest, within limit: Duration?) async throws {
        let id = try ContainerID(parsing: request.containerID).rawValue
        guard containers[id] == nil, !reserved.contains(id) else {
            throw RuntimeError(.alreadyExists, "can't create container '\(id)': it exists")
        }
        try Self.refuseUnsupported(request)
        let storages = try request.storages.map(StorageMount.init)
        reserved.insert(id)
        defer { reserved.remove(id) }
        let prepared = try await prepareDevices(request, of: id, within: limit)
        let plan = try LaunchPlan(container: id, prepared.spec)
        let resources = try ResourcePlan(prepared.spec.linux.resources)
        let rules = prepared.spec.deviceRules(resources.devices, nodes: plan.container?.devices ?? [])
        let streams = try ProcessStreams()
        let launch = LaunchRequest(
            launcher: surroundings.launcher, plan: plan, streams: plan.process.terminal ? [] : streams.theirs,
            namespaces: prepared.spec.ownNamespaces)
        let path = surroundings.cgroups + "/" + id
        let (isMachine, log) = (surroundings.isMachine, log)
        let made = try await effect("create container '\(id)'") {
            try Self.make(id, path, launch, resources, rules, storages, isMachine: isMachine, log)
        }
        let container = Container(
            id: id, plan: plan, cgroup: made.cgroup, resources: resources, deviceProgram: made.deviceProgram)
        container.storages = storages
        (container.addresses, container.numbers) = (prepared.addresses, prepared.numbers)
        container.processes[id] = try await ContainerProcess.adopt(
            id, made.process, streams, made.terminal, on: loop)
        containers[id] = container
        memoryWatch.watch(made.cgroup, of: id)
    }

    /// Waits for the devices of a container, if it wants any.
    private func prepareDevices(
        _ request: AgentCreateContainerRequest, of id: String, within limit: Duration?
    ) async throws -> PreparedSpec {
        let requests = try DeviceRequests(request, readsVariable: devices.settings.readsVisibleDevices)
        guard !requests.isEmpty else { return PreparedSpec(spec: request.oci) }
        // What makes no sense is refused before anything is waited for or made.
        _ = try LaunchPlan(container: id, request.oci)
        _ = try ResourcePlan(request.oci.linux.resources)
        return try await devices.prepare(requests, request.oci, of: id, within: limit)
    }

    /// Lets the command of a container run.
    func startContainer(_ id: String) async throws {
        let container = try container(id)
        guard container.state == .created else {
            throw RuntimeError(.failedPrecondition, "can't start container '\(id)': it has been started")
        }
        container.state = .running
        let process = try container.process("").launched
        try await effect("start container '\(id)'") { try process.release(milliseconds: Self.launchDeadline) }
    }

    /// Ends what still runs in a container and frees all it holds.
    ///
    /// - Parameter seconds: how long the processes may take to die; 0 means 30.
    func removeContainer(_ id: String, within seconds: UInt32) async throws {
        let container = try container(id)
        container.state = .removing
        let deadline = ContinuousClock.now + .seconds(seconds == 0 ? 30 : Int64(seconds))
        memoryWatch.forget(id)
        if container.cgroup.isFrozen { try? container.cgroup.freeze(false) }
        do {
            try container.cgroup.signal(SIGKILL)
            while !container.cgroup.processes().isEmpty {
                guard ContinuousClock.now < deadline else {
                    throw RuntimeError(
                        .deadlineExceeded, "can't remove container '\(id)': its processes don't die")
                }
                try await loop.sleep(for: .milliseconds(2))
            }
            let (cgroup, storages, isMachine) = (container.cgroup, container.storages, surroundings.isMachine)
            try await effect("remove container '\(id)'") {
                for storage in storages.reversed() { try storage.unmount() }
                try cgroup.remove()
                if isMachine { Self.forgetFiles() }
            }
        } catch {
            container.state = .running
            throw error
        }
        for process in container.processes.values {
            process.close()
            children.forget(process.launched.pid)
        }
        containers[id] = nil
    }

    /// Changes the limits of a container.
    func updateContainer(_ id: String, _ resources: ResourcePlan) async throws {
        let container = try container(id)
        let (cgroup, program, log) = (container.cgroup, container.deviceProgram, log)
        let nodes = container.plan.container?.devices ?? []
        let given = container.numbers.translated(resources.devices)
        let rules = given.isEmpty ? nil : AgentSpec().deviceRules(given, nodes: nodes)
        container.deviceProgram = try await effect("update container '\(id)'") {
            let (outcome, warnings) = try cgroup.change(resources) {
                guard let rules else { return program }
                return try DeviceProgram(rules).attach(to: cgroup, replacing: program)
            }
            Self.tell(warnings, of: id, log)
            return outcome
        }
    }

    /// Stops all processes of a container, or lets them go on.
    func freezeContainer(_ id: String, _ frozen: Bool) async throws {
        let container = try container(id)
        try container.cgroup.freeze(frozen)
        let deadline = ContinuousClock.now + .seconds(10)
        while container.cgroup.isFrozen != frozen {
            guard ContinuousClock.now < deadline else {
                try container.cgroup.freeze(false)
                throw RuntimeError(
                    .deadlineExceeded,
                    "can't \(frozen ? "pause" : "resume") container '\(id)': its processes don't \(frozen ? "stop" : "go on")"
                )
            }
            try await loop.sleep(for: .milliseconds(2))
        }
    }

    private static func refuseUnsupported(_ request: AgentCreateContainerRequest) throws(RuntimeError) {
        if request.hasStringUser { throw LaunchPlan.unsupported("users by name") }
        if request.sandboxPidns { throw LaunchPlan.unsupported("a process namespace of the whole sandbox") }
        if !request.sharedMounts.isEmpty { throw LaunchPlan.unsupported("mounts shared between containers") }
        if request.stdinPort != 0 || request.stdoutPort != 0 || request.stderrPort != 0 {
            throw LaunchPlan.unsupported("streams over ports of their own")
        }
    }

    /// What the helper thread brings back from making a container.
    private struct Made: Sendable {
        var cgroup: ContainerCgroup
        var deviceProgram: SharedDescriptor?
        var process: LaunchedProcess
        var terminal: SharedDescriptor?
    }

    /// Makes all of a container; when a step fails, the steps before are undone.
    private static func make(
        _ id: String, _ path: String, _ launch: LaunchRequest, _ resources: ResourcePlan,
        _ rules: [GuestRuntime.DeviceRule], _ storages: [StorageMount], isMachine: Bool, _ log: AgentLog
    ) throws -> Made {
        var mounted: [StorageMount] = []
        let cgroup = try ContainerCgroup(path: path)
        do {
            for storage in storages {
                try storage.mount()
                mounted.append(storage)
            }
            tell(try cgroup.apply(resources), of: id, log)
            let program = try DeviceProgram(rules).attach(to: cgroup)
            var launch = launch
            launch.cgroup = cgroup.folder
            let process = try LaunchedProcess(launch)
            let terminal = try process.awaitReady(milliseconds: launchDeadline)
            return Made(cgroup: cgroup, deviceProgram: program, process: process, terminal: terminal)
        } catch {
            // The first error is the one to tell; what is left of the container ends as well as it can.
            try? cgroup.signal(SIGKILL)
            for _ in 0..<500 where !cgroup.processes().isEmpty { usleep(2000) }
            try? cgroup.remove()
            for storage in mounted.reversed() { try? storage.unmount() }
            if isMachine { forgetFiles() }
            throw error
        }
    }

    /// Says which limits the guest can't have.
    private static func tell(_ warnings: [String], of id: String, _ log: AgentLog) {
        for warning in warnings {
            log.write(.warning, "a limit of container '\(id)' has no effect: \(warning)")
        }
    }

    /// Has the kernel let go of names and files nobody uses, so that the host's file server closes them.
    private static func forgetFiles() {
        guard let file = try? openDescriptor("/proc/sys/vm/drop_caches", flags: O_WRONLY) else { return }
        try? writeAll(Array("2".utf8), to: file.raw)
    }
}

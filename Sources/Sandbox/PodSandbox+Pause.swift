import AgentClient
import LoopSupport
package import OCI
import RuntimeErrors

/// Whether a container's processes are stopped as a whole.
enum Suspension {
    case active
    case pausing
    case paused
    case resuming
}

extension PodSandbox {
    /// Stops all processes of a running container where they are.
    ///
    /// - Throws: `failedPrecondition` unless it runs. A failure leaves it running.
    package func pause(_ id: ContainerID) async throws {
        let container = try container(id)
        try requireRunning(container, to: "pause")
        switch container.suspension {
        case .active: break
        case .pausing, .paused:
            throw RuntimeError(
                .failedPrecondition,
                "can't pause container '\(id.rawValue)': it is paused already; resume it first")
        case .resuming:
            throw RuntimeError(
                .failedPrecondition, "can't pause container '\(id.rawValue)': it is being resumed; try again")
        }
        let agent = try runningMachine(for: "pause container '\(id.rawValue)'").agent
        container.suspension = .pausing
        do {
            try await environment.loop.withDeadline(Self.agentDeadline, "pause container '\(id.rawValue)'") {
                try await agent.pause(id)
            }
        } catch {
            // Some of the processes may have been stopped, and none may stay so.
            try? await environment.loop.withDeadline(.seconds(5), "resume container '\(id.rawValue)'") {
                try await agent.resume(id)
            }
            container.suspension = .active
            throw error
        }
        try requireRunning(container, to: "pause")
        container.suspension = .paused
        environment.events.publish(.paused(container: id))
    }

    /// Lets the processes of a paused container go on.
    ///
    /// - Throws: `failedPrecondition` unless it is paused.
    package func resume(_ id: ContainerID) async throws {
        let container = try container(id)
        try requireRunning(container, to: "resume")
        guard case .paused = container.suspension else {
            throw RuntimeError(
                .failedPrecondition,
                "can't resume container '\(id.rawValue)': it is not paused; pause it first")
        }
        let agent = try runningMachine(for: "resume container '\(id.rawValue)'").agent
        container.suspension = .resuming
        do {
            try await environment.loop.withDeadline(Self.agentDeadline, "resume container '\(id.rawValue)'") {
                try await agent.resume(id)
            }
        } catch {
            if case .resuming = container.suspension { container.suspension = .paused }
            throw error
        }
        try requireRunning(container, to: "resume")
        container.suspension = .active
        environment.events.publish(.resumed(container: id))
    }

    /// A paused container whose end has been ordered: in a guest with cgroup v1 nothing dies that stands still.
    func letDie(_ id: ContainerID, _ agent: GuestAgent) async {
        guard case .paused = containers[id]?.suspension else { return }
        try? await environment.loop.withDeadline(.seconds(5), "resume container '\(id.rawValue)'") {
            try await agent.resume(id)
        }
    }

    private func requireRunning(_ container: PodContainer, to verb: String) throws {
        if case .running = container.process.state { return }
        let ended = container.process.exitRecord != nil
        throw RuntimeError(
            .failedPrecondition,
            "can't \(verb) container '\(container.id.rawValue)': it \(ended ? "has ended; create it again" : "is not running; start it first")"
        )
    }
}

import AgentProtocol
package import OCI
import RuntimeErrors

extension GuestAgent {
    /// Stops all processes of a container where they are.
    package func pause(_ id: ContainerID) async throws {
        var request = AgentPauseContainerRequest()
        request.containerID = id.rawValue
        _ = try await asking("pause container '\(id.rawValue)'") { try await agent.pauseContainer(request) }
    }

    /// Lets the processes of a paused container go on.
    package func resume(_ id: ContainerID) async throws {
        var request = AgentResumeContainerRequest()
        request.containerID = id.rawValue
        _ = try await asking("resume container '\(id.rawValue)'") { try await agent.resumeContainer(request) }
    }

    /// Sets the size of a process's terminal.
    package func resize(_ id: GuestProcessID, to size: ConsoleSize) async throws {
        var request = AgentTtyWinResizeRequest()
        request.containerID = id.container.rawValue
        request.execID = id.process
        request.row = size.height
        request.column = size.width
        _ = try await asking("resize the terminal of \(id)") { try await agent.ttyWinResize(request) }
    }

    /// Changes the limits of a container: those that are given, and no other.
    package func update(_ id: ContainerID, _ resources: Resources) async throws {
        var request = AgentUpdateContainerRequest()
        request.containerID = id.rawValue
        request.resources = AgentLinuxResources(resources)
        _ = try await asking("update container '\(id.rawValue)'") { try await agent.updateContainer(request) }
    }

    /// What a container uses now.
    package func statistics(of id: ContainerID) async throws -> ContainerStatistics {
        var request = AgentStatsContainerRequest()
        request.containerID = id.rawValue
        return ContainerStatistics(
            try await asking("read the statistics of container '\(id.rawValue)'") {
                try await agent.statsContainer(request)
            })
    }

    /// Waits, however long, until a container loses a process for want of memory.
    package func nextOutOfMemory() async throws -> ContainerID {
        let event = try await asking("wait for memory events") {
            try await agent.getOOMEvent(AgentGetOOMEventRequest())
        }
        return try ContainerID(parsing: event.containerID)
    }
}

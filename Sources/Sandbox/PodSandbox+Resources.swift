package import AgentClient
import LoopSupport
package import OCI
import RuntimeErrors

extension PodSandbox {
    /// How long the guest may take for what its agent answers at once.
    static let quickDeadline = Duration.seconds(10)

    /// Changes the limits of a container that has not ended.
    ///
    /// What `change` does not name stays as it is. What can't be applied is refused, and then nothing changes.
    package func update(_ id: ContainerID, _ change: Resources) async throws {
        let container = try container(id)
        guard container.process.exitRecord == nil else {
            throw RuntimeError(
                .failedPrecondition,
                "can't update container '\(id.rawValue)': it has ended; create it again with the new limits")
        }
        let update = try ResourcesUpdate(change, of: container.resources)
        let agent = try runningMachine(for: "update container '\(id.rawValue)'").agent
        if change.memory?.checkBeforeUpdate == true, let limit = change.memory?.limit, limit > 0 {
            let used = try await statistics(of: id)["memory.current"]
            guard used <= UInt64(limit) else {
                throw RuntimeError(
                    .failedPrecondition,
                    "can't update container '\(id.rawValue)': it uses \(used) bytes of memory, more than the new limit \(limit); give it more"
                )
            }
        }
        try await environment.loop.withDeadline(Self.agentDeadline, "update container '\(id.rawValue)'") {
            try await agent.update(id, update.change)
        }
        // Another update may have come through meanwhile: only this one's part counts.
        container.resources = container.resources.changed(by: update.change)
    }

    /// What a container uses now, as the guest says.
    package func statistics(of id: ContainerID) async throws -> ContainerStatistics {
        _ = try container(id)
        let agent = try runningMachine(for: "read the statistics of container '\(id.rawValue)'").agent
        return try await environment.loop.withDeadline(
            Self.quickDeadline, "read the statistics of container '\(id.rawValue)'"
        ) {
            try await agent.statistics(of: id)
        }
    }
}

package import ContainerdProtocol
import FoundationEssentials
import OCI
import RuntimeErrors
import Sandbox
package import SwiftProtobuf
package import TTRPC

/// What can be done to a task that runs.
extension TaskHandler {
    package func pause(_ request: PauseRequest, _ context: CallContext) async throws -> Google_Protobuf_Empty
    {
        try await serve("pause", request.id) {
            try await sandbox.pause(ContainerID(parsing: request.id))
            return Google_Protobuf_Empty()
        }
    }

    package func resume(_ request: ResumeRequest, _ context: CallContext) async throws
        -> Google_Protobuf_Empty
    {
        try await serve("resume", request.id) {
            try await sandbox.resume(ContainerID(parsing: request.id))
            return Google_Protobuf_Empty()
        }
    }

    package func resizePty(
        _ request: ResizePtyRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await serve("resizePty", request.id, request.execID) {
            try await sandbox.resize(
                ContainerID(parsing: request.id), ExecID(optional: request.execID),
                to: ConsoleSize(height: request.height, width: request.width))
            return Google_Protobuf_Empty()
        }
    }

    package func update(
        _ request: UpdateTaskRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await serve("update", request.id) {
            let id = try ContainerID(parsing: request.id)
            // The kinds of limits are told apart by the last word, whatever comes before it.
            guard request.resources.typeURL.split(separator: "/").last == "LinuxResources" else {
                throw RuntimeError(
                    .invalidArgument,
                    "can't update container '\(id.rawValue)': '\(request.resources.typeURL.prefix(200))' is no type of limits; send LinuxResources"
                )
            }
            let limits = try Document(
                name: "limits of container '\(id.rawValue)'", bytes: Array(request.resources.value)
            ).resources()
            try await sandbox.update(id, limits)
            return Google_Protobuf_Empty()
        }
    }

    package func stats(_ request: StatsRequest, _ context: CallContext) async throws -> StatsResponse {
        try await serve("stats", request.id) {
            let metrics = CgroupMetrics(try await sandbox.statistics(of: ContainerID(parsing: request.id)))
            var response = StatsResponse()
            // containerd looks the name up as it is, without any prefix.
            response.stats.typeURL = CgroupMetrics.protoMessageName
            response.stats.value = Data(try metrics.serializedBytes() as [UInt8])
            return response
        }
    }

    package func checkpoint(
        _ request: CheckpointTaskRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await serve("checkpoint", request.id) {
            try await sandbox.require(ContainerID(parsing: request.id))
            throw RuntimeError(
                .unimplemented,
                "can't checkpoint container '\(request.id)': virtual machines have no checkpoints; pause it instead, or use runc for this container"
            )
        }
    }
}

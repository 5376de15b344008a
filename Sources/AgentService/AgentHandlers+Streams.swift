import AgentProtocol
import FoundationEssentials
import NIOCore
import SwiftProtobuf
import TTRPC

extension AgentHandlers {
    func writeStdin(
        _ request: AgentWriteStreamRequest, _ context: CallContext
    ) async throws -> AgentWriteStreamResponse {
        let process = try await agent.process(request.containerID, request.execID)
        try await process.write(ByteBuffer(bytes: request.data))
        var response = AgentWriteStreamResponse()
        response.len = UInt32(clamping: request.data.count)
        return response
    }

    func readStdout(
        _ request: AgentReadStreamRequest, _ context: CallContext
    ) async throws -> AgentReadStreamResponse {
        let process = try await agent.process(request.containerID, request.execID)
        return Self.response(try await process.readOutput(request.limit))
    }

    func readStderr(
        _ request: AgentReadStreamRequest, _ context: CallContext
    ) async throws -> AgentReadStreamResponse {
        let process = try await agent.process(request.containerID, request.execID)
        return Self.response(try await process.readErrors(request.limit))
    }

    func closeStdin(
        _ request: AgentCloseStdinRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await agent.process(request.containerID, request.execID).closeInput()
        return Google_Protobuf_Empty()
    }

    func ttyWinResize(
        _ request: AgentTtyWinResizeRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await agent.process(request.containerID, request.execID)
            .resize(rows: request.row, columns: request.column)
        return Google_Protobuf_Empty()
    }

    /// No bytes mean the end of the stream.
    private static func response(_ piece: ByteBuffer?) -> AgentReadStreamResponse {
        var response = AgentReadStreamResponse()
        if let piece { response.data = piece.withUnsafeReadableBytes { Data($0) } }
        return response
    }
}

extension AgentReadStreamRequest {
    /// The most bytes that the host takes; it may take more of us than of others, see ``BoundedWrites``.
    fileprivate var limit: Int { Int(clamping: max(len, most)) }
}

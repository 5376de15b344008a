import AgentProtocol
import TTRPC

/// The service `grpc.Health`.
struct HealthHandlers: HealthService {
    func check(_ request: AgentCheckRequest, _ context: CallContext) async throws -> AgentHealthCheckResponse
    {
        var response = AgentHealthCheckResponse()
        response.status = .serving
        return response
    }

    func version(
        _ request: AgentCheckRequest, _ context: CallContext
    ) async throws -> AgentVersionCheckResponse {
        var response = AgentVersionCheckResponse()
        response.grpcVersion = "0.0.1"
        response.agentVersion = GuestDetails.version
        return response
    }
}

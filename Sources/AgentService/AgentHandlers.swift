import AgentProtocol
import Glibc
import GuestRuntime
import Linux
import NIOCore
import RuntimeErrors
import SwiftProtobuf
import TTRPC

/// The service `grpc.AgentService`: from the wire to ``Agent`` and back, one line of work each.
struct AgentHandlers: AgentServiceProtocol {
    let agent: Agent

    private typealias Empty = Google_Protobuf_Empty

    func createContainer(
        _ request: AgentCreateContainerRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await agent.createContainer(request, within: context.timeout)
        return Empty()
    }

    func startContainer(
        _ request: AgentStartContainerRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await agent.startContainer(request.containerID)
        return Empty()
    }

    func removeContainer(
        _ request: AgentRemoveContainerRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await agent.removeContainer(request.containerID, within: request.timeout)
        return Empty()
    }

    func execProcess(
        _ request: AgentExecProcessRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await agent.execProcess(request)
        return Empty()
    }

    func signalProcess(
        _ request: AgentSignalProcessRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await agent.signalProcess(request.containerID, request.execID, request.signal)
        return Empty()
    }

    func waitProcess(
        _ request: AgentWaitProcessRequest, _ context: CallContext
    ) async throws -> AgentWaitProcessResponse {
        var response = AgentWaitProcessResponse()
        response.status = try await agent.waitProcess(
            request.containerID, request.execID, forgetting: request.forget
        ).shellCode
        return response
    }

    func updateContainer(
        _ request: AgentUpdateContainerRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await agent.updateContainer(request.containerID, ResourcePlan(request.resources))
        return Empty()
    }

    func statsContainer(
        _ request: AgentStatsContainerRequest, _ context: CallContext
    ) async throws -> AgentStatsContainerResponse {
        var response = AgentStatsContainerResponse()
        response.cgroupStats = AgentCgroupStats(try await agent.cgroup(of: request.containerID))
        // Containers have no network of their own in the guest.
        response.networkStats = NetworkUse.ofThisMachine().map(AgentNetworkStats.init)
        return response
    }

    func pauseContainer(
        _ request: AgentPauseContainerRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await agent.freezeContainer(request.containerID, true)
        return Empty()
    }

    func resumeContainer(
        _ request: AgentResumeContainerRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await agent.freezeContainer(request.containerID, false)
        return Empty()
    }

    func createSandbox(
        _ request: AgentCreateSandboxRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await agent.createSandbox(request)
        return Empty()
    }

    func destroySandbox(
        _ request: AgentDestroySandboxRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await agent.destroySandbox()
        return Empty()
    }

    func setGuestDateTime(
        _ request: AgentSetGuestDateTimeRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await agent.setClock(seconds: request.sec, microseconds: request.usec)
        return Empty()
    }

    func reseedRandomDev(
        _ request: AgentReseedRandomDevRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await agent.reseed(Array(request.data))
        return Empty()
    }

    func getGuestDetails(
        _ request: AgentGuestDetailsRequest, _ context: CallContext
    ) async throws -> AgentGuestDetailsResponse {
        GuestDetails.response(to: request)
    }

    func getOOMEvent(
        _ request: AgentGetOOMEventRequest, _ context: CallContext
    ) async throws -> AgentOOMEvent {
        var event = AgentOOMEvent()
        event.containerID = try await agent.memoryWatch.next()
        return event
    }
}

import AgentProtocol
import FoundationEssentials

/// Calls about the guest as a whole.
extension GuestAgent {
    /// Returns when the agent has answered that it is there.
    package func check() async throws {
        _ = try await asking("see whether the guest agent is there") {
            try await HealthClient(client).check(AgentCheckRequest())
        }
    }

    /// Sets the guest's clock.
    ///
    /// - Parameter nanoseconds: since the epoch.
    package func setClock(_ nanoseconds: Int64) async throws {
        var request = AgentSetGuestDateTimeRequest()
        request.sec = nanoseconds / 1_000_000_000
        request.usec = nanoseconds % 1_000_000_000 / 1000
        _ = try await asking("set the guest's clock") { try await agent.setGuestDateTime(request) }
    }

    /// Adds to the guest's random numbers.
    ///
    /// - Parameter bytes: 1 to 4096, that nobody else knows.
    package func reseed(_ bytes: [UInt8]) async throws {
        var request = AgentReseedRandomDevRequest()
        request.data = Data(bytes)
        _ = try await asking("add to the guest's random numbers") { try await agent.reseedRandomDev(request) }
    }
}

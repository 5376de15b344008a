public import NIOCore

/// A client and a server joined inside one process, for tests: every frame is the real one, only no
/// path or listener is needed.
public enum InProcessTransport {
    /// Joins a new client to `server`.
    ///
    /// - Parameters:
    ///   - server: The server.
    ///   - eventLoop: The loop of both ends; one of NIOPosix.
    ///   - limits: The client's limits.
    public static func connect(
        to server: TTRPCServer, eventLoop: any EventLoop, limits: TTRPCLimits = TTRPCLimits()
    ) async throws -> TTRPCClient {
        throw TTRPCError(.unimplemented, "not yet")
    }
}

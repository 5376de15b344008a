import Glibc
public import NIOCore

/// A client and a server joined inside one process, for tests: every frame is the real one, only no
/// path or listener is needed.
public enum InProcessTransport {
    /// Joins a new client to `server` by a pair of sockets without a name.
    ///
    /// - Parameters:
    ///   - server: The server.
    ///   - eventLoop: The loop of both ends; one of NIOPosix.
    ///   - limits: The client's limits.
    /// - Returns: The client; closing it closes the pair.
    /// - Throws: ``TTRPCError`` with unavailable and the reason.
    public static func connect(
        to server: TTRPCServer, eventLoop: any EventLoop, limits: TTRPCLimits = TTRPCLimits()
    ) async throws -> TTRPCClient {
        var pair: [CInt] = [-1, -1]
        let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, type, 0, &pair) == 0 else {
            throw TTRPCError(.unavailable, "can't make a socket pair: errno \(errno)")
        }
        do {
            try await server.accept(connectedSocket: pair[0], eventLoop: eventLoop)
        } catch {
            close(pair[1])
            throw error
        }
        return try await TTRPCClient.wrap(connectedSocket: pair[1], eventLoop: eventLoop, limits: limits)
    }
}

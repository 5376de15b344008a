public import NIOCore

/// A ttrpc server: dispatches the calls of any number of connections to its services.
///
/// It binds nothing; it is given listening or connected sockets, or channels.
public final class TTRPCServer: Sendable {
    /// Creates a server.
    ///
    /// - Parameters:
    ///   - services: What is served; of two services of one name the later counts.
    ///   - executor: Where handlers run; nil means the event loop of their connection.
    ///   - limits: What one connection may cost.
    ///   - hooks: What the owner decides and learns.
    public init(
        services: [ServiceDescription], executor: (any TaskExecutor)? = nil,
        limits: TTRPCLimits = TTRPCLimits(),
        hooks: ServerHooks = ServerHooks()
    ) {}

    /// Accepts connections from a bound stream socket until the server shuts down or the returned
    /// channel is closed.
    ///
    /// - Parameters:
    ///   - descriptor: The socket, non-blocking or not; the server owns it from now on.
    ///   - eventLoop: The loop of the socket and of its connections; one of NIOPosix.
    /// - Returns: The channel of the socket.
    @discardableResult
    public func serve(
        onListeningSocket descriptor: CInt, eventLoop: any EventLoop
    ) async throws -> any Channel {
        throw TTRPCError(.unimplemented, "not yet")
    }

    /// Serves one connected stream socket.
    ///
    /// - Parameters:
    ///   - descriptor: The socket; the server owns it from now on.
    ///   - eventLoop: The loop of the connection; one of NIOPosix.
    @discardableResult
    public func accept(
        connectedSocket descriptor: CInt, eventLoop: any EventLoop
    ) async throws -> any Channel {
        throw TTRPCError(.unimplemented, "not yet")
    }

    /// Serves one connection that is a channel already. What its pipeline has is kept in front.
    public func accept(channel: any Channel) async throws {}

    /// How busy the server is now.
    public var activity: ServerActivity { ServerActivity() }

    /// Stops: no new connections, new requests answered with unavailable, connections closed once
    /// their calls are answered; those that remain after `grace` are closed with their handlers
    /// cancelled. Returns when every connection is closed. Don't await it in a handler.
    public func shutdown(grace: Duration) async {}
}

public import NIOCore
import NIOPosix

extension TTRPCServer {
    /// Accepts connections from a bound stream socket until the server shuts down or the returned
    /// channel is closed.
    ///
    /// - Parameters:
    ///   - descriptor: The socket; the server owns it from now on.
    ///   - eventLoop: The loop of the socket and of its connections; one of NIOPosix.
    /// - Returns: The channel of the socket.
    /// - Throws: What the system says of the socket; ``TTRPCError`` with unavailable after
    ///   ``shutdown(grace:)``.
    @discardableResult
    public func serve(
        onListeningSocket descriptor: CInt, eventLoop: any EventLoop
    ) async throws -> any Channel {
        let channel = try await ServerBootstrap(group: eventLoop)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try attach(channel) }
            }
            .withBoundSocket(descriptor)
            .get()
        guard register(listener: channel) else {
            try? await channel.close()
            throw TTRPCError.serverShutDown
        }
        return channel
    }

    /// Serves one connected stream socket.
    ///
    /// - Parameters:
    ///   - descriptor: The socket; the server owns it from now on.
    ///   - eventLoop: The loop of the connection; one of NIOPosix.
    /// - Returns: The channel of the connection.
    /// - Throws: What the system says of the socket or ``ServerHooks/admit`` of the peer;
    ///   ``TTRPCError`` with unavailable after ``shutdown(grace:)``.
    @discardableResult
    public func accept(
        connectedSocket descriptor: CInt, eventLoop: any EventLoop
    ) async throws -> any Channel {
        try await ClientBootstrap(group: eventLoop)
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try attach(channel) }
            }
            .withConnectedSocket(descriptor)
            .get()
    }

    /// Serves one connection that is a channel already. What its pipeline has is kept in front.
    ///
    /// - Throws: What ``ServerHooks/admit`` says of the peer, whose channel is closed then;
    ///   ``TTRPCError`` with unavailable after ``shutdown(grace:)``.
    public func accept(channel: any Channel) async throws {
        try await channel.eventLoop.submit { [self] in
            do {
                try attach(channel)
            } catch {
                channel.close(promise: nil)
                throw error
            }
        }.get()
    }

    /// Puts a connection at the end of the channel's pipeline, on its loop.
    private func attach(_ channel: any Channel) throws {
        do {
            try admit(channel)
        } catch {
            hooks.connectionFailed?(
                TTRPCError(
                    .permissionDenied, "the connection was closed: its peer was not admitted: \(error)"))
            throw error
        }
        guard let connection = makeConnection(on: channel.eventLoop) else { throw TTRPCError.serverShutDown }
        let transport = connection.makeTransport()
        do {
            try channel.pipeline.syncOperations.addHandler(transport)
        } catch {
            transport.close(.connectionClosed)
            throw error
        }
    }

    private func admit(_ channel: any Channel) throws {
        guard let admit = hooks.admit else { return }
        let verdict: Void? = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { try admit($0) }
        guard verdict != nil else {
            throw TTRPCError(.permissionDenied, "the connection has no socket to judge its peer by")
        }
    }
}

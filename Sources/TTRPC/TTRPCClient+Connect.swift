public import NIOCore
import NIOPosix

extension TTRPCClient {
    /// Connects to a Unix socket.
    ///
    /// - Parameters:
    ///   - unixPath: The path, at most 107 bytes.
    ///   - eventLoop: The loop of the connection; one of NIOPosix.
    ///   - limits: What the connection may cost.
    /// - Returns: The connected client.
    /// - Throws: ``TTRPCError`` with unavailable and the reason.
    public static func connect(
        unixPath: String, eventLoop: any EventLoop, limits: TTRPCLimits = TTRPCLimits()
    ) async throws -> TTRPCClient {
        try await wrapping("can't connect to '\(unixPath)'") {
            let channel = try await ClientBootstrap(group: eventLoop)
                .channelOption(.autoRead, value: false)
                .connect(unixDomainSocketPath: unixPath)
                .get()
            return try await attach(to: channel, limits: limits)
        }
    }

    /// Wraps a connected stream socket.
    ///
    /// - Parameters:
    ///   - descriptor: The socket; the client owns it from now on.
    ///   - eventLoop: The loop of the connection; one of NIOPosix.
    ///   - limits: What the connection may cost.
    /// - Returns: The client.
    /// - Throws: ``TTRPCError`` with unavailable and the reason.
    public static func wrap(
        connectedSocket descriptor: CInt, eventLoop: any EventLoop, limits: TTRPCLimits = TTRPCLimits()
    ) async throws -> TTRPCClient {
        try await wrapping("can't use descriptor \(descriptor)") {
            let channel = try await ClientBootstrap(group: eventLoop)
                .channelOption(.autoRead, value: false)
                .withConnectedSocket(descriptor)
                .get()
            return try await attach(to: channel, limits: limits)
        }
    }

    /// Wraps a channel, such as one whose pipeline has been through a handshake. What its pipeline
    /// has is kept in front; bytes read but not consumed there must still be passed on.
    ///
    /// - Returns: The client.
    /// - Throws: ``TTRPCError`` with unavailable if the channel is closed.
    public static func wrap(
        channel: any Channel, limits: TTRPCLimits = TTRPCLimits()
    ) async throws -> TTRPCClient {
        try await wrapping("can't use the channel") { try await attach(to: channel, limits: limits) }
    }

    /// Reading starts only now: what the peer says first must not be read before someone listens.
    private static func attach(to channel: any Channel, limits: TTRPCLimits) async throws -> TTRPCClient {
        try await channel.eventLoop.submit {
            do {
                let client = try TTRPCClient(attachingTo: channel, limits: limits)
                try channel.syncOptions?.setOption(.autoRead, value: true)
                return client
            } catch {
                channel.close(promise: nil)
                throw error
            }
        }.get()
    }

    private static func wrapping<T: Sendable>(
        _ what: String, _ body: () async throws -> T
    ) async throws -> T {
        do {
            return try await body()
        } catch {
            throw TTRPCError(.unavailable, "\(what): \(error)")
        }
    }
}

public import NIOCore
import NIOPosix

extension TTRPCClient {
    /// Connects to a Unix socket.
    ///
    /// - Parameters:
    ///   - unixPath: The path, at most 107 bytes.
    ///   - eventLoop: The loop of the connection; one of NIOPosix.
    ///   - limits: What the connection may cost.
    /// - Throws: ``TTRPCError`` with unavailable and the reason.
    public static func connect(
        unixPath: String, eventLoop: any EventLoop, limits: TTRPCLimits = TTRPCLimits()
    ) async throws -> TTRPCClient {
        TTRPCClient(eventLoop: eventLoop)
    }

    /// Wraps a connected stream socket.
    ///
    /// - Parameters:
    ///   - descriptor: The socket; the client owns it from now on.
    ///   - eventLoop: The loop of the connection; one of NIOPosix.
    ///   - limits: What the connection may cost.
    public static func wrap(
        connectedSocket descriptor: CInt, eventLoop: any EventLoop, limits: TTRPCLimits = TTRPCLimits()
    ) async throws -> TTRPCClient {
        TTRPCClient(eventLoop: eventLoop)
    }

    /// Wraps a channel, such as one whose pipeline has been through a handshake. What its pipeline
    /// has is kept in front; bytes read but not consumed there must still be passed on.
    public static func wrap(
        channel: any Channel, limits: TTRPCLimits = TTRPCLimits()
    ) async throws -> TTRPCClient {
        TTRPCClient(eventLoop: channel.eventLoop)
    }
}

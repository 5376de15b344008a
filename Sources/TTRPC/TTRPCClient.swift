public import NIOCore
public import SwiftProtobuf

/// One client connection, for any number of calls at once.
public final class TTRPCClient: Sendable {
    /// The loop of the connection.
    public let eventLoop: any EventLoop

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Completes when the connection has closed, for whatever reason; never fails.
    public var closed: EventLoopFuture<Void> { eventLoop.makeSucceededVoidFuture() }

    /// Calls `body` once on the event loop when the connection has closed, with the reason; at once
    /// if it has closed already.
    public func onClose(_ body: @escaping @Sendable (TTRPCError) -> Void) {}

    /// Closes the connection: calls under way end with unavailable. Returns when it is closed.
    public func close() async {}

    /// Calls a unary method.
    ///
    /// - Parameters:
    ///   - service: The service as named on the wire.
    ///   - method: The method as named on the wire.
    ///   - request: The request.
    ///   - type: The type of the response.
    ///   - metadata: Key-value pairs for the server.
    ///   - timeout: How long to wait; it is sent along and enforced here. Nil means for ever.
    /// - Throws: ``TTRPCError``: the server's status; deadline exceeded; cancelled at once when the
    ///   task is cancelled (the late reply is dropped); unavailable when the connection is or gets
    ///   closed; resource exhausted when the request is longer than a frame may be.
    public func call<Request: Message, Response: Message>(
        service: String, method: String, _ request: Request, as type: Response.Type = Response.self,
        metadata: CallMetadata = [:], timeout: Duration? = nil
    ) async throws -> Response {
        throw TTRPCError(.unimplemented, "not yet")
    }
}

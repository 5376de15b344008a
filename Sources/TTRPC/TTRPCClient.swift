public import NIOCore
public import SwiftProtobuf
import Synchronization

/// One client connection, for any number of calls at once.
///
/// It closes when it is closed by ``close()`` or the peer, and when nobody refers to it any more.
public final class TTRPCClient: Sendable {
    /// The loop of the connection.
    public let eventLoop: any EventLoop

    /// Completes when the connection has closed, for whatever reason; never fails.
    public let closed: EventLoopFuture<Void>

    let connection: NIOLoopBound<ClientConnection>

    /// Whether the connection is gone, and perhaps its loop with it: no more jobs for it then.
    private let isClosed = Atomic(false)

    /// Puts a client at the end of the channel's pipeline; on its loop.
    init(attachingTo channel: any Channel, limits: TTRPCLimits) throws {
        eventLoop = channel.eventLoop
        let connection = ClientConnection(eventLoop: channel.eventLoop, limits: limits)
        try channel.pipeline.syncOperations.addHandler(connection.makeTransport())
        self.connection = NIOLoopBound(connection, eventLoop: channel.eventLoop)
        let promise = channel.eventLoop.makePromise(of: Void.self)
        closed = promise.futureResult
        connection.observeClose { [weak self] _ in
            self?.isClosed.store(true, ordering: .releasing)
            promise.succeed()
        }
    }

    deinit {
        afterwards { $0.close(.closedByOwner) }
    }

    /// Does what is left to do for something that is going away, as a job of the loop.
    func afterwards(_ body: @escaping @Sendable (ClientConnection) -> Void) {
        guard !isClosed.load(ordering: .acquiring) else { return }
        let connection = connection
        eventLoop.execute { body(connection.value) }
    }

    /// Calls `body` once on the event loop when the connection has closed, with the reason; at once
    /// if it has closed already.
    public func onClose(_ body: @escaping @Sendable (TTRPCError) -> Void) {
        let connection = connection
        eventLoop.runNow { connection.value.observeClose(body) }
    }

    /// Closes the connection: calls under way end with unavailable. Returns when it is closed.
    public func close() async {
        let connection = connection
        eventLoop.runNow { connection.value.close(.closedByOwner) }
        // The future never fails.
        try? await closed.get()
    }

    /// Calls a unary method.
    ///
    /// - Parameters:
    ///   - service: The service as named on the wire.
    ///   - method: The method as named on the wire.
    ///   - request: The request.
    ///   - type: The type of the response.
    ///   - metadata: Key-value pairs for the server.
    ///   - timeout: How long to wait; it is sent along and enforced here. Nil means for ever.
    /// - Returns: The response.
    /// - Throws: ``TTRPCError``: the server's status; deadline exceeded; cancelled at once when the
    ///   task is cancelled (the late reply is dropped); unavailable when the connection is or gets
    ///   closed; resource exhausted when the request is longer than a frame may be or too many calls
    ///   are under way; internal when the response does not parse, which also closes the connection.
    public func call<Request: Message, Response: Message>(
        service: String, method: String, _ request: Request, as type: Response.Type = Response.self,
        metadata: CallMetadata = [:], timeout: Duration? = nil
    ) async throws -> Response {
        let request = ClientRequest(
            service: service, method: method, payload: try PayloadBuffer(encoding: request),
            metadata: metadata, timeout: timeout)
        let connection = connection
        let body = try await LoopWaiter.wait(on: eventLoop) { connection.value.call(request, $0) }
        return try PayloadBuffer(body).decodeResponse(type) { error in
            eventLoop.runNow { connection.value.close(error) }
        }
    }
}

extension TTRPCError {
    static let closedByOwner = TTRPCError(.unavailable, "the connection was closed by its owner")
}

public import SwiftProtobuf

extension TTRPCClient {
    /// Calls a method with one request and many responses.
    ///
    /// - Throws: Like ``call(service:method:_:as:metadata:timeout:)``; the server's status comes out
    ///   of the stream.
    public func serverStreaming<Request: Message, Response: Message>(
        service: String, method: String, _ request: Request, as type: Response.Type = Response.self,
        metadata: CallMetadata = [:], timeout: Duration? = nil
    ) async throws -> MessageStream<Response> {
        throw TTRPCError(.unimplemented, "not yet")
    }

    /// Opens a stream of many requests and many responses.
    public func bidirectional<Request: Message, Response: Message>(
        service: String, method: String, sending: Request.Type = Request.self,
        receiving: Response.Type = Response.self, metadata: CallMetadata = [:], timeout: Duration? = nil
    ) async throws -> BidirectionalCall<Request, Response> {
        throw TTRPCError(.unimplemented, "not yet")
    }

    /// Opens a stream of many requests and one response.
    public func clientStreaming<Request: Message, Response: Message>(
        service: String, method: String, sending: Request.Type = Request.self,
        receiving: Response.Type = Response.self, metadata: CallMetadata = [:], timeout: Duration? = nil
    ) async throws -> ClientStreamingCall<Request, Response> {
        throw TTRPCError(.unimplemented, "not yet")
    }
}

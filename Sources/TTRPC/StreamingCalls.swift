public import SwiftProtobuf

/// An open stream of many requests and many responses.
public struct BidirectionalCall<Request: Message, Response: Message>: Sendable {
    /// Sends requests.
    public let requests: MessageWriter<Request>

    /// The responses; read them once.
    public let responses: MessageStream<Response>

    /// Says that no more requests come. The responses go on.
    public func finishRequests() async throws { try await requests.sink.finish() }
}

/// An open stream of many requests and one response.
public struct ClientStreamingCall<Request: Message, Response: Message>: Sendable {
    /// Sends requests.
    public let requests: MessageWriter<Request>

    let responses: MessageStream<Response>

    /// Says that no more requests come and waits for the response.
    public func response() async throws -> Response {
        try await requests.sink.finish()
        var iterator = responses.makeAsyncIterator()
        guard let response = try await iterator.next() else {
            throw TTRPCError(.internal, "can't take the response: the server ended the stream without one")
        }
        return response
    }
}

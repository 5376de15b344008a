import NIOCore
public import SwiftProtobuf

extension TTRPCClient {
    /// Calls a method with one request and many responses.
    ///
    /// - Returns: The responses; the server's status comes out of them.
    /// - Throws: Like ``call(service:method:_:as:metadata:timeout:)``. The timeout is that of the
    ///   whole stream.
    public func serverStreaming<Request: Message, Response: Message>(
        service: String, method: String, _ request: Request, as type: Response.Type = Response.self,
        metadata: CallMetadata = [:], timeout: Duration? = nil
    ) async throws -> MessageStream<Response> {
        let request = ClientRequest(
            service: service, method: method, payload: try PayloadBuffer(encoding: request),
            metadata: metadata, timeout: timeout, expectsOneResponse: false)
        return try await open(request, flags: .remoteClosed).responses()
    }

    /// Opens a stream of many requests and many responses.
    ///
    /// - Returns: Both halves of the stream.
    /// - Throws: Like ``call(service:method:_:as:metadata:timeout:)``. The timeout is that of the
    ///   whole stream.
    public func bidirectional<Request: Message, Response: Message>(
        service: String, method: String, sending: Request.Type = Request.self,
        receiving: Response.Type = Response.self, metadata: CallMetadata = [:], timeout: Duration? = nil
    ) async throws -> BidirectionalCall<Request, Response> {
        let request = ClientRequest(
            service: service, method: method, payload: PayloadBuffer(repeating: 0, count: 0),
            metadata: metadata, timeout: timeout, expectsOneResponse: false)
        let stream = try await open(request, flags: .remoteOpen)
        return try BidirectionalCall(requests: stream.requests(), responses: stream.responses())
    }

    /// Opens a stream of many requests and one response.
    ///
    /// - Returns: The stream.
    /// - Throws: Like ``call(service:method:_:as:metadata:timeout:)``. The timeout is that of the
    ///   whole stream.
    public func clientStreaming<Request: Message, Response: Message>(
        service: String, method: String, sending: Request.Type = Request.self,
        receiving: Response.Type = Response.self, metadata: CallMetadata = [:], timeout: Duration? = nil
    ) async throws -> ClientStreamingCall<Request, Response> {
        let request = ClientRequest(
            service: service, method: method, payload: PayloadBuffer(repeating: 0, count: 0),
            metadata: metadata, timeout: timeout)
        let stream = try await open(request, flags: .remoteOpen)
        return try ClientStreamingCall(requests: stream.requests(), responses: stream.responses())
    }

    private func open(_ request: ClientRequest, flags: Frame.Flags) async throws -> OpenStream {
        let connection = connection
        let stream = try await LoopWaiter.wait(on: eventLoop) {
            connection.value.open(request, flags: flags, $0)
        }
        return OpenStream(stream: stream, lease: StreamLease(client: self, stream: stream))
    }
}

/// A stream and the lease that its public halves share.
private struct OpenStream {
    let stream: ClientStream
    let lease: StreamLease

    func responses<M: Message>() -> MessageStream<M> { MessageStream(source: stream.inbound, lease: lease) }

    func requests<M: Message>() throws -> MessageWriter<M> {
        guard let outbound = stream.outbound else { throw TTRPCError.connectionClosed }
        return MessageWriter(sink: outbound, lease: lease)
    }
}

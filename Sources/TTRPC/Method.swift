import NIOCore
public import SwiftProtobuf

/// One method of a service: its name on the wire, its kind and its handler.
///
/// Generated stubs make these; the initialisers are named after the four kinds of gRPC.
public struct Method: Sendable {
    /// The name on the wire, such as `Create`.
    public let name: String

    let kind: Kind

    /// A handler with its message types erased: bytes in, bytes out.
    enum Kind: Sendable {
        case unary(@Sendable (ByteBuffer, CallContext) async throws -> PayloadBuffer)
        case streaming(
            Responses, @Sendable (InboundStream, OutboundStream, CallContext) async throws -> PayloadBuffer?)
    }

    /// How a streaming method ends: by one response, or by the end of its data.
    enum Responses: Sendable { case one, many }

    /// One request, one response.
    public static func unary<Request: Message, Response: Message>(
        _ name: String, _ handler: @escaping @Sendable (Request, CallContext) async throws -> Response
    ) -> Method {
        Method(
            name: name,
            kind: .unary { body, context in
                let request = try PayloadBuffer(body).decodeRequest(Request.self)
                return try await PayloadBuffer(encoding: handler(request, context))
            })
    }

    /// Many requests, one response.
    public static func clientStreaming<Request: Message, Response: Message>(
        _ name: String,
        _ handler: @escaping @Sendable (MessageStream<Request>, CallContext) async throws -> Response
    ) -> Method {
        Method(
            name: name,
            kind: .streaming(.one) { inbound, _, context in
                let response = try await handler(MessageStream(source: inbound), context)
                return try PayloadBuffer(encoding: response)
            })
    }

    /// One request, many responses.
    public static func serverStreaming<Request: Message, Response: Message>(
        _ name: String,
        _ handler: @escaping @Sendable (Request, MessageWriter<Response>, CallContext) async throws -> Void
    ) -> Method {
        Method(
            name: name,
            kind: .streaming(.many) { inbound, outbound, context in
                guard let body = try await inbound.next() else {
                    throw TTRPCError(.invalidArgument, "can't call \(name): the request has no message")
                }
                let request = try PayloadBuffer(body).decodeRequest(Request.self)
                try await handler(request, MessageWriter(sink: outbound), context)
                return nil
            })
    }

    /// Many requests, many responses, in any interleaving.
    public static func bidirectional<Request: Message, Response: Message>(
        _ name: String,
        _ handler:
            @escaping @Sendable (MessageStream<Request>, MessageWriter<Response>, CallContext) async throws ->
            Void
    ) -> Method {
        Method(
            name: name,
            kind: .streaming(.many) { inbound, outbound, context in
                try await handler(MessageStream(source: inbound), MessageWriter(sink: outbound), context)
                return nil
            })
    }
}

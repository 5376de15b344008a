import NIOCore
import SwiftProtobuf

@testable import TTRPC

typealias Text = Google_Protobuf_StringValue
typealias Bytes = Google_Protobuf_BytesValue
typealias Number = Google_Protobuf_Int64Value
typealias Nothing = Google_Protobuf_Empty

extension Google_Protobuf_StringValue {
    /// The message on the wire.
    var wire: [UInt8] { value.isEmpty ? [] : Wire.string(1, value) }
}

/// A service with a method for everything that tests need.
enum Echo {
    static let name = "test.Echo"

    static let service = ServiceDescription(
        name: name,
        methods: [
            .unary("Echo") { (request: Text, _) in request },
            .unary("Bytes") { (request: Bytes, _) in request },
            .unary("Blob") { (request: Number, _) in
                Text(String(repeating: "z", count: Int(request.value)))
            },
            .unary("Metadata") { (_: Nothing, context) in
                Text(context.metadata.entries.map { "\($0.key)=\($0.value)" }.joined(separator: ","))
            },
            .unary("Fail") { (request: Text, _) -> Nothing in
                throw TTRPCError(
                    .alreadyExists, request.value, details: [try Google_Protobuf_Any(message: request)])
            },
            .clientStreaming("Join") { (requests: MessageStream<Text>, _) -> Text in
                var parts: [String] = []
                for try await request in requests { parts.append(request.value) }
                return Text(parts.joined(separator: "+"))
            },
            .serverStreaming("Count") { (request: Number, responses: MessageWriter<Number>, _) in
                for number in 0..<request.value { try await responses.send(Number(number)) }
            },
            .serverStreaming("CountThenFail") { (request: Number, responses: MessageWriter<Number>, _) in
                for number in 0..<request.value { try await responses.send(Number(number)) }
                throw TTRPCError(.dataLoss, "after \(request.value)")
            },
            .bidirectional("Chat") { (requests: MessageStream<Text>, responses: MessageWriter<Text>, _) in
                for try await request in requests {
                    try await responses.send(Text("re: \(request.value)"))
                }
                try await responses.send(Text("bye"))
            },
        ])

    static func server(
        adding more: [Method] = [], limits: TTRPCLimits = TTRPCLimits(), hooks: ServerHooks = ServerHooks()
    ) -> TTRPCServer {
        TTRPCServer(
            services: [service, ServiceDescription(name: "test.More", methods: more)], limits: limits,
            hooks: hooks)
    }
}

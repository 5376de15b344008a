import FuzzSupport
import NIOCore
import NIOEmbedded
import SwiftProtobuf

@testable import TTRPC

/// ttrpc as a hostile peer speaks it: to a whole server, to a whole client with calls under way.
///
/// First byte: 0 for the server, else the client; second: the size of the pieces that the stream comes in.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFrames(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzInput(start, count)
    let isServer = input.byte() == 0
    let size = input.byte()
    let pieces = input.pieces(of: size)
    if isServer { server(pieces) } else { client(pieces) }
    return 0
}

private typealias Text = Google_Protobuf_StringValue

private let services = [
    ServiceDescription(
        name: "s",
        methods: [
            .unary("u") { (request: Text, _) in request },
            .bidirectional("b") { (requests: MessageStream<Text>, responses: MessageWriter<Text>, _) in
                for try await request in requests { try await responses.send(request) }
            },
        ])
]

/// Small, so that the fuzzer meets them.
private let limits: TTRPCLimits = {
    var limits = TTRPCLimits()
    limits.maximumFrameLength = 512
    limits.maximumConcurrentStreams = 4
    limits.maximumRequestBytesInFlight = 1024
    limits.maximumEnvelopeEntries = 4
    return limits
}()

private func server(_ pieces: [[UInt8]]) {
    let channel = EmbeddedChannel()
    let server = TTRPCServer(services: services, limits: limits)
    guard let connection = server.makeConnection(on: channel.eventLoop) else { return }
    try? channel.pipeline.syncOperations.addHandler(connection.makeTransport())
    feed(pieces, to: channel)
}

private func client(_ pieces: [[UInt8]]) {
    let channel = EmbeddedChannel()
    guard let client = try? TTRPCClient(attachingTo: channel, limits: limits) else { return }
    let executor = EventLoopTaskExecutor(channel.eventLoop)
    for _ in 0..<2 {
        Task(executorPreference: executor) {
            let answer: Text? = try? await client.call(service: "s", method: "u", Text("x"))
            _ = answer?.value.utf8.count
        }
    }
    Task(executorPreference: executor) {
        let stream: BidirectionalCall<Text, Text> = try await client.bidirectional(service: "s", method: "b")
        for try await answer in stream.responses { _ = answer.value.utf8.count }
    }
    feed(pieces, to: channel)
}

private func feed(_ pieces: [[UInt8]], to channel: EmbeddedChannel) {
    channel.embeddedEventLoop.run()
    for piece in pieces {
        _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
        channel.embeddedEventLoop.run()
    }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    channel.embeddedEventLoop.run()
}

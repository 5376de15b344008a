import NIOCore
import NIOPosix
import SwiftProtobuf
import Testing

@testable import TTRPC

@Suite(.timeLimit(.minutes(1))) struct TTRPCClientTests {
    private func echo(_ client: TTRPCClient, _ text: String) async throws -> String {
        let response: Text = try await client.call(service: Echo.name, method: "Echo", Text(text))
        return response.value
    }

    @Test func callsOverAUnixSocket() async throws {
        let socket = try UnixSocket()
        let server = Echo.server()
        let listener = try await server.serve(onListeningSocket: socket.listen(), eventLoop: testLoop())
        let client = try await TTRPCClient.connect(unixPath: socket.path, eventLoop: testLoop())
        #expect(try await echo(client, "hello") == "hello")
        #expect(try await echo(client, "") == "")
        let large = String(repeating: "x", count: 4_000_000)
        #expect(try await echo(client, large) == large)
        let metadata: Text = try await client.call(
            service: Echo.name, method: "Metadata", Nothing(), metadata: ["B": "1", "a": "2", "b": "3"])
        #expect(metadata.value == "b=1,a=2,b=3")
        await client.close()
        #expect(await eventually { server.activity.isIdle })
        try await listener.close()
    }

    @Test func aThousandCallsAreAnsweredInTheReverseOrder() async throws {
        let gates = (0..<1000).map { _ in Gate() }
        let server = Echo.server(adding: [
            .unary("Turn") { (request: Number, _) in
                await gates[Int(request.value)].wait()
                if request.value > 0 { gates[Int(request.value) - 1].open() }
                return request
            }
        ])
        let client = try await InProcessTransport.connect(to: server, eventLoop: testLoop())
        let results = try await withThrowingTaskGroup(of: (Int64, Int64).self) { group in
            for index in 0..<1000 as Range<Int64> {
                group.addTask {
                    let response: Number = try await client.call(
                        service: "test.More", method: "Turn", Number(index))
                    return (index, response.value)
                }
            }
            #expect(await eventually { server.activity.calls == 1000 })
            gates[999].open()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count == 1000)
        #expect(results.allSatisfy { $0.0 == $0.1 })
    }

    @Test func aHandlerThatWaitsHoldsUpNobody() async throws {
        let gate = Gate()
        let server = Echo.server(adding: [
            .unary("Wait") { (_: Nothing, _) -> Nothing in
                await gate.wait()
                return Nothing()
            }
        ])
        let client = try await InProcessTransport.connect(to: server, eventLoop: testLoop())
        let waiting = Task {
            try await client.call(service: "test.More", method: "Wait", Nothing(), as: Nothing.self)
        }
        #expect(await eventually { server.activity.calls == 1 })
        for index in 0..<100 { #expect(try await echo(client, "\(index)") == "\(index)") }
        gate.open()
        _ = try await waiting.value
    }

    @Test func connectingToNothingSaysWhatAndWhy() async throws {
        let error = await #expect(throws: TTRPCError.self) {
            try await TTRPCClient.connect(unixPath: "/nonexistent/socket", eventLoop: testLoop())
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.hasPrefix("can't connect to '/nonexistent/socket': ") == true)
        await #expect(throws: TTRPCError.self) {
            try await TTRPCClient.connect(
                unixPath: "/" + String(repeating: "x", count: 200), eventLoop: testLoop())
        }
    }

    @Test func closingEndsCallsAndIsReported() async throws {
        let (peer, client) = try await RawPeer.client()
        let reason = ErrorBox()
        client.onClose { reason.set($0) }
        let call = Task { try await echo(client, "x") }
        _ = try await peer.receive()
        await client.close()
        let error = await #expect(throws: TTRPCError.self) { try await call.value }
        #expect(error?.code == .unavailable)
        #expect(reason.value?.message == "the connection was closed by its owner")
        let late = ErrorBox()
        client.onClose { late.set($0) }
        #expect(await eventually { late.value == reason.value })
        #expect(try await peer.receive() == nil)
        await client.close()
    }

    @Test func aClientThatNobodyRefersToCloses() async throws {
        let (peer, other) = try RawPeer.pair()
        var client: TTRPCClient? = try await .wrap(connectedSocket: other, eventLoop: testLoop())
        _ = client
        client = nil
        #expect(try await peer.receive() == nil)
    }

    @Test func aChannelIsWrappedAfterAHandshake() async throws {
        let (peer, other) = try RawPeer.pair()
        let loop = testLoop()
        let done = loop.makePromise(of: Void.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handshake(done: done))
                }
            }
            .withConnectedSocket(other).get()
        #expect(try await readLine(peer) == "CONNECT 1024")
        try await peer.send(Array("OK 5\n".utf8))
        try await done.futureResult.get()
        let client = try await TTRPCClient.wrap(channel: channel)
        let call = Task { try await echo(client, "x") }
        #expect(try await peer.receive()?.stream == 1)
        try await peer.send(RawFrame(stream: 1, type: 2, body: Wire.bytes(2, Text("y").wire)))
        #expect(try await call.value == "y")
    }

    @Test func aClosedChannelIsNotWrapped() async throws {
        let (peer, other) = try RawPeer.pair()
        let channel = try await ClientBootstrap(group: testLoop()).withConnectedSocket(other).get()
        peer.hangUp()
        try await channel.closeFuture.get()
        let error = await #expect(throws: TTRPCError.self) { try await TTRPCClient.wrap(channel: channel) }
        #expect(error?.code == .unavailable)
    }

    private func readLine(_ peer: RawPeer) async throws -> String {
        var bytes: [UInt8] = []
        while bytes.last != 0x0a { bytes += try await peer.receiveBytes(1) }
        return String(decoding: bytes.dropLast(), as: UTF8.self)
    }
}

/// Says its line when it is added, and steps aside when it is answered.
private final class Handshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    let done: EventLoopPromise<Void>

    init(done: EventLoopPromise<Void>) { self.done = done }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(ByteBuffer(string: "CONNECT 1024\n")), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.pipeline.syncOperations.removeHandler(context: context, promise: done)
    }
}

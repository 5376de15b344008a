import NIOCore
import SwiftProtobuf
import Testing

@testable import TTRPC

@Suite(.timeLimit(.minutes(1))) struct ClientConnectionTests {
    private func echo(
        _ client: TTRPCClient, _ text: String, timeout: Duration? = nil, metadata: CallMetadata = [:]
    ) async throws -> String {
        let response: Text = try await client.call(
            service: Echo.name, method: "Echo", Text(text), metadata: metadata, timeout: timeout)
        return response.value
    }

    private func response(_ stream: UInt32, _ text: String) -> RawFrame {
        RawFrame(stream: stream, type: 2, body: Wire.bytes(2, Text(text).wire))
    }

    @Test func aRequestHasTheBytesOfTheProtocol() async throws {
        let (peer, client) = try await RawPeer.client()
        async let result = echo(
            client, "hi", timeout: .milliseconds(60_000), metadata: ["containerd-namespace-ttrpc": "k8s.io"])
        let body = Wire.request(
            Echo.name, "Echo", payload: Text("hi").wire, timeout: 60_000_000_000,
            metadata: [("containerd-namespace-ttrpc", "k8s.io")])
        #expect(try await peer.receive() == RawFrame(stream: 1, type: 1, body: body))
        try await peer.send(response(1, "ho"))
        #expect(try await result == "ho")
        async let second = echo(client, "x")
        #expect(try await peer.receive()?.stream == 3)
        try await peer.send(response(3, "y"))
        #expect(try await second == "y")
    }

    @Test func anErrorCarriesCodeMessageAndDetails() async throws {
        let client = try await InProcessTransport.connect(to: Echo.server(), eventLoop: testLoop())
        let error = await #expect(throws: TTRPCError.self) {
            let _: Nothing = try await client.call(service: Echo.name, method: "Fail", Text("because"))
        }
        #expect(error?.code == .alreadyExists)
        #expect(error?.message == "because")
        #expect(try error?.details.map { try Text(unpackingAny: $0) } == [Text("because")])
    }

    @Test(arguments: [
        RawFrame(stream: 0, type: 2), RawFrame(stream: 2, type: 2), RawFrame(stream: 5, type: 2),
        RawFrame(stream: 1, type: 1), RawFrame(stream: 1, type: 3), RawFrame(stream: 1, type: 4),
        RawFrame(stream: 1, type: 2, announcedLength: 4_194_305),
        RawFrame(stream: 1, type: 2, announcedLength: .max),
        RawFrame(stream: 1, type: 2, body: [0x12, 9]),
        RawFrame(stream: 1, type: 2, body: [0x0a, 2, 0x12, 0xff]),
    ])
    func brokenProtocolClosesTheConnection(_ frame: RawFrame) async throws {
        let (peer, client) = try await RawPeer.client()
        let task = Task { try await echo(client, "hi") }
        _ = try await peer.receive()
        try await peer.send(frame)
        let error = await #expect(throws: TTRPCError.self) { try await task.value }
        #expect(error?.code == .unavailable)
        try await client.closed.get()
        #expect(try await peer.receive() == nil)
    }

    @Test func aResponseThatDoesNotParseClosesTheConnection() async throws {
        let (peer, client) = try await RawPeer.client()
        let task = Task { try await echo(client, "hi") }
        _ = try await peer.receive()
        try await peer.send(RawFrame(stream: 1, type: 2, body: Wire.bytes(2, [0x0a, 0x50])))
        let error = await #expect(throws: TTRPCError.self) { try await task.value }
        #expect(error?.code == .internal)
        #expect(try await peer.receive() == nil)
    }

    @Test func aSecondReplyClosesTheConnection() async throws {
        let (peer, client) = try await RawPeer.client()
        async let result = echo(client, "hi")
        _ = try await peer.receive()
        try await peer.send(response(1, "once"))
        #expect(try await result == "once")
        try await peer.send(response(1, "twice"))
        #expect(try await peer.receive() == nil)
        let error = await #expect(throws: TTRPCError.self) { try await echo(client, "more") }
        #expect(error?.code == .unavailable)
    }

    @Test func whatComesBeforeAnyCallClosesTheConnection() async throws {
        let (peer, client) = try await RawPeer.client()
        try await peer.send(response(1, "unasked"))
        #expect(try await peer.receive() == nil)
        try await client.closed.get()
    }

    @Test func aReplyMayComeByteByByte() async throws {
        let (peer, client) = try await RawPeer.client()
        async let result = echo(client, "hi")
        _ = try await peer.receive()
        for byte in response(1, "slow").bytes { try await peer.send([byte]) }
        #expect(try await result == "slow")
    }

    @Test func cancellingReturnsAtOnceAndTheLateReplyIsDropped() async throws {
        let (peer, client) = try await RawPeer.client()
        let task = Task { try await echo(client, "hi") }
        _ = try await peer.receive()
        task.cancel()
        let error = await #expect(throws: TTRPCError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        async let second = echo(client, "again")
        #expect(try await peer.receive()?.stream == 3)
        try await peer.send(response(1, "late"))
        try await peer.send(response(3, "in time"))
        #expect(try await second == "in time")
    }

    @Test func aCancelledTaskSendsNothing() async throws {
        let (peer, client) = try await RawPeer.client()
        let gate = Gate()
        let task = Task {
            await gate.wait()
            return try await echo(client, "hi")
        }
        task.cancel()
        gate.open()
        let error = await #expect(throws: TTRPCError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(try await peer.isSilent())
    }

    @Test func theTimeoutIsEnforcedHere() async throws {
        let (peer, client) = try await RawPeer.client()
        let error = await #expect(throws: TTRPCError.self) {
            try await echo(client, "hi", timeout: .milliseconds(20))
        }
        #expect(error?.code == .deadlineExceeded)
        _ = try await peer.receive()
        try await peer.send(response(1, "late"))
        async let second = echo(client, "again", timeout: .seconds(30))
        _ = try await peer.receive()
        try await peer.send(response(3, "in time"))
        #expect(try await second == "in time")
    }

    @Test func aPeerThatOwesTooManyAnswersIsLeft() async throws {
        var limits = TTRPCLimits()
        limits.maximumConcurrentStreams = 4
        let (peer, client) = try await RawPeer.client(limits: limits)
        for _ in 0..<5 {
            await #expect(throws: TTRPCError.self) { try await echo(client, "hi", timeout: .milliseconds(1)) }
        }
        try await client.closed.get()
        _ = try await peer.readToEnd()
    }

    @Test func tooManyCallsAreRefusedHere() async throws {
        var limits = TTRPCLimits()
        limits.maximumConcurrentStreams = 1
        let (peer, client) = try await RawPeer.client(limits: limits)
        async let first = echo(client, "first")
        _ = try await peer.receive()
        let error = await #expect(throws: TTRPCError.self) { try await echo(client, "second") }
        #expect(error?.code == .resourceExhausted)
        try await peer.send(response(1, "done"))
        #expect(try await first == "done")
    }

    @Test func aRequestThatIsTooLongIsNotSent() async throws {
        let (peer, client) = try await RawPeer.client()
        let error = await #expect(throws: TTRPCError.self) {
            try await echo(client, String(repeating: "x", count: 4 << 20))
        }
        #expect(error?.code == .resourceExhausted)
        #expect(try await peer.isSilent())
        // It has used no stream id.
        async let next = echo(client, "x")
        #expect(try await peer.receive()?.stream == 1)
        try await peer.send(response(1, ""))
        #expect(try await next == "")
    }

    @Test func callsEndWhenThePeerCloses() async throws {
        let (peer, client) = try await RawPeer.client()
        let task = Task { try await echo(client, "hi") }
        _ = try await peer.receive()
        peer.hangUp()
        let error = await #expect(throws: TTRPCError.self) { try await task.value }
        #expect(error?.code == .unavailable)
        try await client.closed.get()
    }

    @Test func callsThatWaitForTheSocketEndToo() async throws {
        let (peer, client) = try await RawPeer.client()
        let text = String(repeating: "x", count: 1 << 20)
        let calls = (0..<8).map { _ in Task { try await echo(client, text) } }
        _ = try await peer.receive()
        peer.hangUp()
        for call in calls {
            let error = await #expect(throws: TTRPCError.self) { try await call.value }
            #expect(error?.code == .unavailable)
        }
    }
}

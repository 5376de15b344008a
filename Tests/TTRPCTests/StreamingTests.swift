import NIOCore
import SwiftProtobuf
import Testing

@testable import TTRPC

@Suite(.timeLimit(.minutes(1))) struct StreamingTests {
    private func client(_ server: TTRPCServer = Echo.server()) async throws -> TTRPCClient {
        try await InProcessTransport.connect(to: server, eventLoop: testLoop())
    }

    private func count(
        _ client: TTRPCClient, _ method: String = "Count", to end: Int64, timeout: Duration? = nil
    ) async throws -> MessageStream<Number> {
        try await client.serverStreaming(service: Echo.name, method: method, Number(end), timeout: timeout)
    }

    private func values(_ stream: MessageStream<Number>) async throws -> [Int64] {
        var values: [Int64] = []
        for try await number in stream { values.append(number.value) }
        return values
    }

    // MARK: Values

    @Test(arguments: [0, 1, 5, 20_000] as [Int64]) func aServerStreams(_ end: Int64) async throws {
        let stream = try await count(try await client(), to: end)
        #expect(try await values(stream) == Array(0..<end))
    }

    @Test func messagesThatCameBeforeAnErrorAreRead() async throws {
        let stream = try await count(try await client(), "CountThenFail", to: 3)
        var iterator = stream.makeAsyncIterator()
        for expected in 0..<3 as Range<Int64> { #expect(try await iterator.next()?.value == expected) }
        let error = await #expect(throws: TTRPCError.self) { try await iterator.next() }
        #expect(error == TTRPCError(.dataLoss, "after 3"))
    }

    @Test func aClientStreams() async throws {
        let client = try await client()
        let call = try await client.clientStreaming(
            service: Echo.name, method: "Join", sending: Text.self, receiving: Text.self)
        for part in ["a", "", "b"] { try await call.requests.send(Text(part)) }
        #expect(try await call.response().value == "a++b")
    }

    @Test func bothStreamAtOnceAndTheClientClosesItsHalf() async throws {
        let client = try await client()
        let call = try await client.bidirectional(
            service: Echo.name, method: "Chat", sending: Text.self, receiving: Text.self)
        var responses = call.responses.makeAsyncIterator()
        for text in ["one", "two"] {
            try await call.requests.send(Text(text))
            #expect(try await responses.next()?.value == "re: \(text)")
        }
        try await call.finishRequests()
        try await call.finishRequests()
        #expect(try await responses.next()?.value == "bye")
        #expect(try await responses.next() == nil)
        #expect(try await responses.next() == nil)
        let error = await #expect(throws: TTRPCError.self) { try await call.requests.send(Text("more")) }
        #expect(error?.code == .failedPrecondition)
    }

    // MARK: Bytes

    @Test func framesOfABidirectionalStreamAtTheServer() async throws {
        let peer = try await RawPeer.connect(to: Echo.server())
        try await peer.send(RawFrame(stream: 1, type: 1, flags: 2, body: Wire.request(Echo.name, "Chat")))
        try await peer.send(RawFrame(stream: 1, type: 3, body: Text("a").wire))
        #expect(try await peer.receive() == RawFrame(stream: 1, type: 3, body: Text("re: a").wire))
        // The last message may carry the flag itself.
        try await peer.send(RawFrame(stream: 1, type: 3, flags: 1, body: Text("b").wire))
        #expect(try await peer.receive() == RawFrame(stream: 1, type: 3, body: Text("re: b").wire))
        #expect(try await peer.receive() == RawFrame(stream: 1, type: 3, body: Text("bye").wire))
        #expect(try await peer.receive() == RawFrame(stream: 1, type: 3, flags: 5))
    }

    @Test func aPayloadWithAnOpenStreamIsTheFirstMessage() async throws {
        let peer = try await RawPeer.connect(to: Echo.server())
        let body = Wire.request(Echo.name, "Join", payload: Text("a").wire)
        try await peer.send(RawFrame(stream: 1, type: 1, flags: 2, body: body))
        try await peer.send(RawFrame(stream: 1, type: 3, flags: 5))
        #expect(try await peer.receive() == RawFrame(stream: 1, type: 2, body: Wire.bytes(2, Text("a").wire)))
    }

    @Test func framesOfABidirectionalStreamAtTheClient() async throws {
        let (peer, client) = try await RawPeer.client()
        let call = try await client.bidirectional(
            service: "s", method: "m", sending: Text.self, receiving: Text.self, timeout: .seconds(60))
        #expect(
            try await peer.receive()
                == RawFrame(
                    stream: 1, type: 1, flags: 2, body: Wire.request("s", "m", timeout: 60_000_000_000)))
        try await call.requests.send(Text("a"))
        #expect(try await peer.receive() == RawFrame(stream: 1, type: 3, body: Text("a").wire))
        try await call.finishRequests()
        #expect(try await peer.receive() == RawFrame(stream: 1, type: 3, flags: 5))
        try await peer.send(RawFrame(stream: 1, type: 3, flags: 1, body: Text("z").wire))
        var responses = call.responses.makeAsyncIterator()
        #expect(try await responses.next()?.value == "z")
        #expect(try await responses.next() == nil)
    }

    @Test func aServerStreamIsRequestedClosed() async throws {
        let (peer, client) = try await RawPeer.client()
        let stream: MessageStream<Text> = try await client.serverStreaming(
            service: "s", method: "m", Text("q"))
        #expect(
            try await peer.receive()
                == RawFrame(
                    stream: 1, type: 1, flags: 1, body: Wire.request("s", "m", payload: Text("q").wire)))
        // A server may end with a response instead of data.
        try await peer.send(RawFrame(stream: 1, type: 3, body: Text("a").wire))
        try await peer.send(RawFrame(stream: 1, type: 2))
        var responses = stream.makeAsyncIterator()
        #expect(try await responses.next()?.value == "a")
        #expect(try await responses.next() == nil)
    }

    // MARK: Ends

    @Test func aStreamThatIsLetGoOfIsHalfClosedAndItsLateDataDropped() async throws {
        let (peer, client) = try await RawPeer.client()
        do {
            let call = try await client.bidirectional(
                service: "s", method: "m", sending: Text.self, receiving: Text.self)
            try await call.requests.send(Text("a"))
        }
        #expect(try await peer.receive()?.type == 1)
        #expect(try await peer.receive() == RawFrame(stream: 1, type: 3, body: Text("a").wire))
        #expect(try await peer.receive() == RawFrame(stream: 1, type: 3, flags: 5))
        try await peer.send(RawFrame(stream: 1, type: 3, body: Text("late").wire))
        try await peer.send(RawFrame(stream: 1, type: 3, flags: 5))
        #expect(try await peer.isSilent())
        // It is gone for good now.
        try await peer.send(RawFrame(stream: 1, type: 3, flags: 5))
        #expect(try await peer.receive() == nil)
        try await client.closed.get()
    }

    @Test func theTimeoutEndsAStream() async throws {
        let (peer, client) = try await RawPeer.client()
        let stream: MessageStream<Text> = try await client.serverStreaming(
            service: "s", method: "m", Text(), timeout: .milliseconds(20))
        let error = await #expect(throws: TTRPCError.self) { for try await _ in stream {} }
        #expect(error?.code == .deadlineExceeded)
        _ = try await peer.receive()
    }

    @Test func aCancelledReaderReturnsAtOnce() async throws {
        let (peer, client) = try await RawPeer.client()
        let stream: MessageStream<Text> = try await client.serverStreaming(service: "s", method: "m", Text())
        let task = Task { for try await _ in stream {} }
        _ = try await peer.receive()
        task.cancel()
        let error = await #expect(throws: TTRPCError.self) { try await task.value }
        #expect(error?.code == .cancelled)
    }

    @Test func aStreamEndsWithItsConnection() async throws {
        let (peer, client) = try await RawPeer.client()
        let stream: MessageStream<Text> = try await client.serverStreaming(service: "s", method: "m", Text())
        try await peer.send(RawFrame(stream: 1, type: 3, body: Text("last").wire))
        peer.hangUp()
        var responses = stream.makeAsyncIterator()
        #expect(try await responses.next()?.value == "last")
        let error = await #expect(throws: TTRPCError.self) { try await responses.next() }
        #expect(error?.code == .unavailable)
    }

    @Test func dataUnderWayWhenTheServerEndsAStreamIsIgnored() async throws {
        let server = Echo.server(adding: [
            .bidirectional("Leave") { (_: MessageStream<Text>, _: MessageWriter<Text>, _) in }
        ])
        let peer = try await RawPeer.connect(to: server)
        try await peer.send(RawFrame(stream: 1, type: 1, flags: 2, body: Wire.request("test.More", "Leave")))
        #expect(try await peer.receive() == RawFrame(stream: 1, type: 3, flags: 5))
        try await peer.send(RawFrame(stream: 1, type: 3, body: Text("late").wire))
        try await peer.send(RawFrame(stream: 1, type: 3, flags: 5))
        try await peer.send(RawFrame(stream: 3, type: 1, body: Wire.request(Echo.name, "Echo")))
        #expect(try await peer.receive()?.stream == 3)
        // After its half-close nothing more of the stream is ignored.
        try await peer.send(RawFrame(stream: 1, type: 3, flags: 5))
        #expect(try await peer.receive() == nil)
    }

    @Test func aClientThatVanishesEndsTheHandlersStream() async throws {
        let ended = ErrorBox()
        let server = Echo.server(adding: [
            .bidirectional("Listen") { (requests: MessageStream<Text>, _: MessageWriter<Text>, _) in
                do {
                    for try await _ in requests {}
                } catch let error as TTRPCError {
                    ended.set(error)
                }
            }
        ])
        let peer = try await RawPeer.connect(to: server)
        try await peer.send(RawFrame(stream: 1, type: 1, flags: 2, body: Wire.request("test.More", "Listen")))
        #expect(await eventually { server.activity.calls == 1 })
        peer.hangUp()
        #expect(await eventually { server.activity.isIdle })
        #expect(ended.value != nil)
    }
}

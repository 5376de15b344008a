import NIOCore
import NIOEmbedded
import SwiftProtobuf
import Testing

@testable import TTRPC

/// Slow readers: what they cost, and whom they hold up for how long.
@Suite(.timeLimit(.minutes(1))) struct StreamBudgetTests {
    private func limits(stall: Duration) -> TTRPCLimits {
        var limits = TTRPCLimits()
        limits.maximumQueuedStreamBytes = 100_000
        limits.streamStallTimeout = stall
        return limits
    }

    private let message = RawFrame(stream: 1, type: 3, body: Text(String(repeating: "x", count: 5000)).wire)

    /// Sends messages until the socket takes no more for a while; how many went out.
    private func flood(_ peer: RawPeer, upTo limit: Int, patience: Int = 10_000) async throws -> Int {
        var left = message.bytes[...]
        var sent = 0
        var idle = 0
        while sent < limit, idle < patience {
            let count = peer.sendWithoutWaiting(left)
            if count > 0 {
                left = left.dropFirst(count)
                if left.isEmpty {
                    sent += 1
                    left = message.bytes[...]
                }
                idle = 0
            } else {
                idle += 1
                try await Task.sleep(for: .milliseconds(2))
            }
        }
        return sent
    }

    @Test func aReaderThatDoesNotReadHoldsUpItsSender() async throws {
        let (peer, client) = try await RawPeer.client(limits: limits(stall: .seconds(30)))
        let stream: MessageStream<Text> = try await client.serverStreaming(service: "s", method: "m", Text())
        // 50 MB would go out if nobody stopped it; the sockets' own buffers are some hundred kilobytes.
        let sent = try await flood(peer, upTo: 10_000, patience: 200)
        #expect(sent < 1000)
        // Reading lets it go on.
        var iterator = stream.makeAsyncIterator()
        for _ in 0..<sent { #expect(try await iterator.next()?.value.utf8.count == 5000) }
        #expect(try await flood(peer, upTo: 10) == 10)
    }

    @Test func aClientsReaderThatDoesNotReadIsCutOff() async throws {
        let (peer, client) = try await RawPeer.client(limits: limits(stall: .milliseconds(50)))
        let stream: MessageStream<Text> = try await client.serverStreaming(service: "s", method: "m", Text())
        #expect(try await flood(peer, upTo: 500) == 500)
        let error = await #expect(throws: TTRPCError.self) { for try await _ in stream {} }
        #expect(error?.code == .resourceExhausted)
        // Other calls of the connection go on.
        let call = Task { try await client.call(service: "s", method: "u", Text(), as: Text.self) }
        _ = try await peer.receive()
        #expect(try await peer.receive()?.stream == 3)
        try await peer.send(RawFrame(stream: 3, type: 2, body: Wire.bytes(2, Text("ok").wire)))
        #expect(try await call.value.value == "ok")
    }

    @Test func aHandlerThatDoesNotReadIsCutOff() async throws {
        let server = Echo.server(
            adding: [
                .bidirectional("Ignore") { (_: MessageStream<Text>, _: MessageWriter<Text>, _) in
                    try await Task.sleep(for: .seconds(60))
                }
            ], limits: limits(stall: .milliseconds(50)))
        let peer = try await RawPeer.connect(to: server)
        try await peer.send(RawFrame(stream: 1, type: 1, flags: 2, body: Wire.request("test.More", "Ignore")))
        #expect(try await flood(peer, upTo: 500) == 500)
        let body = ByteBuffer(bytes: try #require(try await peer.receive()).body)
        guard case .failure(let error) = try ResponseEnvelope.decode(body, maximumEntries: 8) else {
            Issue.record("no error")
            return
        }
        #expect(error.code == .resourceExhausted)
    }

    @Test func aSlowReaderThatReadsIsNotCutOff() throws {
        let loop = EmbeddedEventLoop()
        let budget = StreamBudget(eventLoop: loop, limits: limits(stall: .seconds(10)))
        var isPaused = false
        budget.setPaused = { isPaused = $0 }
        let slow = InboundStream(budget: budget, eventLoop: loop)
        let stuck = InboundStream(budget: budget, eventLoop: loop)
        var errors: [TTRPCError.Code] = []
        for stream in [slow, stuck] { stream.onStall = { errors.append($0.code) } }
        stuck.deliver(ByteBuffer(repeating: 0, count: 10_000))
        for _ in 0..<11 { slow.deliver(ByteBuffer(repeating: 0, count: 10_000)) }
        #expect(isPaused)
        loop.advanceTime(by: .seconds(9))
        #expect(try slow.takeReady()?.get()?.readableBytes == 10_000)
        loop.advanceTime(by: .seconds(2))
        #expect(errors == [.resourceExhausted])
        #expect(throws: TTRPCError.self) { try stuck.takeReady()?.get() }
        // What is left is still too much, and now it is the slow reader's turn to read.
        #expect(isPaused)
        loop.advanceTime(by: .seconds(8))
        #expect(try slow.takeReady()?.get()?.readableBytes == 10_000)
        #expect(!isPaused)
        loop.advanceTime(by: .seconds(60))
        #expect(errors.count == 1)
        for _ in 0..<9 { #expect(try slow.takeReady()?.get()?.readableBytes == 10_000) }
        #expect(slow.takeReady() == nil)
        budget.invalidate()
    }
}

import NIOCore
import SwiftProtobuf
import Synchronization
import Testing

@testable import TTRPC

@Suite(.timeLimit(.minutes(1))) struct ServerConnectionTests {
    private func request(
        _ stream: UInt32, _ method: String, _ payload: [UInt8]? = nil, flags: UInt8 = 0,
        timeout: UInt64? = nil
    ) -> RawFrame {
        RawFrame(
            stream: stream, type: 1, flags: flags,
            body: Wire.request(Echo.name, method, payload: payload, timeout: timeout))
    }

    private func code(_ frame: RawFrame?) throws -> TTRPCError.Code? {
        let body = ByteBuffer(bytes: try #require(frame).body)
        guard case .failure(let error) = try ResponseEnvelope.decode(body, maximumEntries: 8) else {
            return nil
        }
        return error.code
    }

    @Test func aResponseHasTheBytesOfTheProtocol() async throws {
        let peer = try await RawPeer.connect(to: Echo.server())
        try await peer.send(request(1, "Echo", Text("hi").wire))
        #expect(
            try await peer.receive()
                == RawFrame(stream: 1, type: 2, body: Wire.bytes(2, Text("hi").wire)))
    }

    @Test func aRequestMayComeByteByByte() async throws {
        let peer = try await RawPeer.connect(to: Echo.server())
        for byte in request(1, "Echo", Text("slow").wire).bytes { try await peer.send([byte]) }
        #expect(try await peer.receive()?.body == Wire.bytes(2, Text("slow").wire))
    }

    @Test func streamIdsMayLeaveGaps() async throws {
        let peer = try await RawPeer.connect(to: Echo.server())
        for stream in [7, 9, 0xffff_ffff] as [UInt32] {
            try await peer.send(request(stream, "Echo", Text("x").wire))
            #expect(try await peer.receive()?.stream == stream)
        }
    }

    @Test func anUnknownMethodOrServiceIsUnimplemented() async throws {
        let peer = try await RawPeer.connect(to: Echo.server())
        try await peer.send(request(1, "None"))
        #expect(try await code(peer.receive()) == .unimplemented)
        try await peer.send(RawFrame(stream: 3, type: 1, body: Wire.request("none", "Echo")))
        #expect(try await code(peer.receive()) == .unimplemented)
        try await peer.send(RawFrame(stream: 5, type: 1))
        #expect(try await code(peer.receive()) == .unimplemented)
    }

    @Test func aRequestThatDoesNotParseFailsAlone() async throws {
        let peer = try await RawPeer.connect(to: Echo.server())
        try await peer.send(request(1, "Echo", [0x0a, 0x7f]))
        #expect(try await code(peer.receive()) == .invalidArgument)
        try await peer.send(request(3, "Echo", Text("x").wire))
        #expect(try await code(peer.receive()) == nil)
    }

    @Test(arguments: [
        [RawFrame(stream: 0, type: 1)], [RawFrame(stream: 2, type: 1)], [RawFrame(stream: 1, type: 2)],
        [RawFrame(stream: 1, type: 3)], [RawFrame(stream: 1, type: 9)],
        [RawFrame(stream: 1, type: 1, flags: 3)],
        [RawFrame(stream: 1, type: 1, body: [0x0a, 0xff])],
        [RawFrame(stream: 3, type: 1), RawFrame(stream: 1, type: 1)],
        [RawFrame(stream: 3, type: 1), RawFrame(stream: 3, type: 1)],
        [RawFrame(stream: 3, type: 1), RawFrame(stream: 3, type: 3)],
        [RawFrame(stream: 1, type: 1, body: Wire.request(Echo.name, "Chat")), RawFrame(stream: 1, type: 3)],
        [
            RawFrame(stream: 1, type: 1, flags: 2, body: Wire.request(Echo.name, "Chat")),
            RawFrame(stream: 1, type: 3, flags: 4, body: [1]),
        ],
        [
            RawFrame(stream: 1, type: 1, flags: 2, body: Wire.request(Echo.name, "Chat")),
            RawFrame(stream: 1, type: 3, flags: 5), RawFrame(stream: 1, type: 3),
        ],
    ])
    func brokenProtocolClosesTheConnection(_ frames: [RawFrame]) async throws {
        let reason = ErrorBox()
        var hooks = ServerHooks()
        hooks.connectionFailed = { reason.set($0) }
        let server = Echo.server(hooks: hooks)
        let peer = try await RawPeer.connect(to: server)
        try await peer.send(frames.flatMap(\.bytes))
        _ = try await peer.readToEnd()
        #expect(await eventually { server.activity.isIdle })
        #expect(reason.value?.message.hasPrefix("the connection was closed: the peer sent ") == true)
    }

    @Test func anOversizedFrameIsAnsweredAndItsBodyNeverRead() async throws {
        let server = Echo.server()
        let peer = try await RawPeer.connect(to: server)
        try await peer.send(RawFrame(stream: 1, type: 1, announcedLength: 0x4000_0000).bytes)
        let answer = try await peer.receive()
        #expect(answer?.stream == 1)
        #expect(try code(answer) == .resourceExhausted)
        #expect(try await peer.receive() == nil)
        #expect(await eventually { server.activity.isIdle })
    }

    @Test func tooManyCallsAreRefusedAndTheRestGoesOn() async throws {
        let gate = Gate()
        var limits = TTRPCLimits()
        limits.maximumConcurrentStreams = 2
        let server = Echo.server(
            adding: [
                .unary("Wait") { (_: Nothing, _) -> Nothing in
                    await gate.wait()
                    return Nothing()
                }
            ], limits: limits)
        let peer = try await RawPeer.connect(to: server)
        for stream in [1, 3, 5] as [UInt32] {
            try await peer.send(RawFrame(stream: stream, type: 1, body: Wire.request("test.More", "Wait")))
        }
        let refused = try await peer.receive()
        #expect(refused?.stream == 5)
        #expect(try code(refused) == .resourceExhausted)
        #expect(server.activity.calls == 2)
        gate.open()
        #expect(Set([try await peer.receive()?.stream, try await peer.receive()?.stream]) == [1, 3])
        try await peer.send(request(7, "Echo"))
        #expect(try await code(peer.receive()) == nil)
    }

    @Test func requestsThatAreTooLargeTogetherAreRefused() async throws {
        let gate = Gate()
        var limits = TTRPCLimits()
        limits.maximumRequestBytesInFlight = 1500
        let server = Echo.server(
            adding: [
                .unary("Wait") { (_: Bytes, _) -> Nothing in
                    await gate.wait()
                    return Nothing()
                }
            ], limits: limits)
        let peer = try await RawPeer.connect(to: server)
        let body = Wire.request(
            "test.More", "Wait", payload: Wire.bytes(1, [UInt8](repeating: 1, count: 1000)))
        try await peer.send(RawFrame(stream: 1, type: 1, body: body))
        try await peer.send(RawFrame(stream: 3, type: 1, body: body))
        #expect(try await code(peer.receive()) == .resourceExhausted)
        gate.open()
        #expect(try await peer.receive()?.stream == 1)
        try await peer.send(RawFrame(stream: 5, type: 1, body: body))
        #expect(try await code(peer.receive()) == nil)
    }

    @Test func aPeerThatDoesNotReadIsNotReadFrom() async throws {
        let started = Atomic(0)
        let server = Echo.server(adding: [
            .unary("Blob") { (_: Nothing, _) in
                started.add(1, ordering: .relaxed)
                return Text(String(repeating: "z", count: 1 << 20))
            }
        ])
        let peer = try await RawPeer.connect(to: server)
        // If the server went on reading, it would make 3 GiB of answers of what the socket holds.
        var sent = 0
        while sent < 3000 {
            let body = Wire.request("test.More", "Blob")
            let frame = RawFrame(stream: UInt32(2 * sent + 1), type: 1, body: body).bytes
            guard peer.sendWithoutWaiting(frame[...]) == frame.count else { break }
            sent += 1
        }
        #expect(sent > 200)
        #expect(await eventually { server.activity.calls == 0 && started.load(ordering: .relaxed) > 0 })
        try await Task.sleep(for: .milliseconds(100))
        #expect(started.load(ordering: .relaxed) <= 128)
        // Reading lets it go on, to the last request.
        for index in 0..<min(sent, 200) { #expect(try await peer.receive()?.stream == UInt32(2 * index + 1)) }
    }

    @Test func handlersAreCancelledWhenTheConnectionCloses() async throws {
        let started = Gate()
        let cancelled = Gate()
        let server = Echo.server(adding: [
            .unary("Wait") { (_: Nothing, _) -> Nothing in
                started.open()
                await withTaskCancellationHandler {
                    await cancelled.wait()
                } onCancel: {
                    cancelled.open()
                }
                return Nothing()
            }
        ])
        var peer: RawPeer? = try await RawPeer.connect(to: server)
        try await peer?.send(RawFrame(stream: 1, type: 1, body: Wire.request("test.More", "Wait")))
        await started.wait()
        #expect(!cancelled.isOpen)
        peer = nil
        await cancelled.wait()
        #expect(await eventually { server.activity.isIdle })
    }

    @Test func theDeadlineReachesTheHandlerAndCancelsIt() async throws {
        let server = Echo.server(adding: [
            .unary("Wait") { (_: Nothing, context) -> Nothing in
                #expect(context.timeout == .milliseconds(30))
                #expect(context.deadline != nil)
                try await Task.sleep(for: .seconds(60))
                return Nothing()
            }
        ])
        let peer = try await RawPeer.connect(to: server)
        let body = Wire.request("test.More", "Wait", timeout: 30_000_000)
        try await peer.send(RawFrame(stream: 1, type: 1, body: body))
        #expect(try await code(peer.receive()) == .deadlineExceeded)
    }

    @Test(arguments: [0, UInt64(bitPattern: -5)]) func aTimeoutOfNothingIsNone(_ timeout: UInt64) async throws
    {
        let server = Echo.server(adding: [
            .unary("Timeout") { (_: Nothing, context) in Text(context.timeout == nil ? "none" : "some") }
        ])
        let peer = try await RawPeer.connect(to: server)
        try await peer.send(
            RawFrame(stream: 1, type: 1, body: Wire.request("test.More", "Timeout", timeout: timeout)))
        #expect(try await peer.receive()?.body == Wire.bytes(2, Text("none").wire))
    }

    @Test func theLongestTimeoutIsTaken() async throws {
        let peer = try await RawPeer.connect(to: Echo.server())
        try await peer.send(request(1, "Echo", timeout: UInt64(Int64.max)))
        #expect(try await code(peer.receive()) == nil)
    }
}

/// Keeps the last error.
final class ErrorBox: Sendable {
    private let error = Mutex<TTRPCError?>(nil)
    func set(_ value: TTRPCError) { error.withLock { $0 = value } }
    var value: TTRPCError? { error.withLock { $0 } }
}

import Foundation
import LoopSupport
import NIOCore
import PodResources
import RuntimeErrors
import Testing

/// Whatever listens at the socket, an answer comes in time, says what was wrong, and the connection is gone.
@Suite struct HostileKubeletTests {
    private func failure(_ server: ScriptedServer, within deadline: Duration = .seconds(10)) async throws
        -> RuntimeError
    {
        let client = PodResourcesClient(socket: server.socket, loop: testLoop, deadline: deadline)
        let error = try #require(
            await #expect(throws: RuntimeError.self) {
                _ = try await testLoop.task {
                    try await client.devices(of: PodIdentity(name: "p", namespace: "n"))
                }.value
            })
        try await server.clientLeft()
        return error
    }

    /// What a server does, and what the error says of it.
    struct Misdeed: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var greeting = HTTP2Bytes.settings
        var answer: [UInt8] = []
        var closes = false
        let words: String
    }

    private static let whole = HTTP2Bytes.message(Wire.field(1, Wire.pod("p", "n", [])))

    static let misdeeds = [
        Misdeed(
            testDescription: "speaks HTTP/1",
            greeting: Array("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".utf8),
            words: "it broke the rules of HTTP/2"),
        Misdeed(testDescription: "closes without an answer", closes: true, words: "it closed the connection"),
        Misdeed(
            testDescription: "closes in the middle of a frame", answer: HTTP2Bytes.ok().dropLast(3),
            closes: true,
            words: "it closed the connection"),
        Misdeed(
            testDescription: "closes in the middle of a message",
            answer: HTTP2Bytes.ok() + HTTP2Bytes.data(whole.dropLast(1)), closes: true,
            words: "it closed the connection"),
        Misdeed(
            testDescription: "ends in the middle of a message",
            answer: HTTP2Bytes.ok() + HTTP2Bytes.data(whole.dropLast(1)) + HTTP2Bytes.status("0"),
            words: "its message ended too early"),
        Misdeed(
            testDescription: "sends no message", answer: HTTP2Bytes.ok() + HTTP2Bytes.status("0"),
            words: "it sent no message"),
        Misdeed(
            testDescription: "sends two messages",
            answer: HTTP2Bytes.ok() + HTTP2Bytes.data(whole + whole) + HTTP2Bytes.status("0"),
            words: "it sent more than one message"),
        Misdeed(
            testDescription: "announces too much",
            answer: HTTP2Bytes.ok() + HTTP2Bytes.data(HTTP2Bytes.message([], length: (16 << 20) + 1)),
            words: "its message has 16777217 bytes, the limit is 16777216"),
        Misdeed(
            testDescription: "compresses",
            answer: HTTP2Bytes.ok() + HTTP2Bytes.data(HTTP2Bytes.message([1, 2, 3], flag: 1)),
            words: "it sent a message that is compressed, or none (flag 1)"),
        Misdeed(
            testDescription: "serves a page",
            answer: HTTP2Bytes.headers([(":status", "200"), ("content-type", "text/html")]),
            words: "its content type is 'text/html'"),
        Misdeed(
            testDescription: "answers 503", answer: HTTP2Bytes.headers([(":status", "503")], end: true),
            words: "it answered with HTTP status 503"),
        Misdeed(
            testDescription: "has no status",
            answer: HTTP2Bytes.ok() + HTTP2Bytes.data(whole, end: true), words: "without a status"),
        Misdeed(
            testDescription: "has trailers without a status",
            answer: HTTP2Bytes.ok() + HTTP2Bytes.data(whole) + HTTP2Bytes.headers([("x", "y")], end: true),
            words: "without a status"),
        Misdeed(
            testDescription: "has a status that is none",
            answer: HTTP2Bytes.ok() + HTTP2Bytes.data(whole) + HTTP2Bytes.status("-1"),
            words: "with the status '-1'"),
        Misdeed(
            testDescription: "refuses in the headers",
            answer: HTTP2Bytes.headers(
                [
                    (":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "7"),
                    ("grpc-message", "no%21"),
                ],
                end: true),
            words: "it answered 'no!' (status 7, permissionDenied)"),
        Misdeed(
            testDescription: "refuses with a status that nobody knows",
            answer: HTTP2Bytes.ok() + HTTP2Bytes.status("99", "%zz%4"),
            words: "it answered '%zz%4' (status 99, no known one)"),
        Misdeed(
            testDescription: "resets the call",
            answer: HTTP2Bytes.ok() + HTTP2Bytes.frame(type: 3, flags: 0, stream: 1, [0, 0, 0, 8]),
            words: "it reset the call (CANCEL)"),
        Misdeed(
            testDescription: "goes away before the call",
            answer: HTTP2Bytes.frame(
                type: 7, flags: 0, stream: 0, [0, 0, 0, 0, 0, 0, 0, 11] + Array("too_many_pings".utf8)),
            words: "it reset the call"),
        Misdeed(
            testDescription: "goes away during the call",
            answer: HTTP2Bytes.ok()
                + HTTP2Bytes.frame(
                    type: 7, flags: 0, stream: 0, [0, 0, 0, 1, 0, 0, 0, 11] + Array("too_many_pings".utf8)),
            closes: true, words: "it is going away (ENHANCE_YOUR_CALM: too_many_pings)"),
        Misdeed(
            testDescription: "sends data first", answer: HTTP2Bytes.data(whole),
            words: "it reset the call"),
        Misdeed(
            testDescription: "starts a stream of its own",
            answer: HTTP2Bytes.headers([(":status", "200")], stream: 2), words: "it broke the rules of HTTP/2"
        ),
        Misdeed(
            testDescription: "sends headers without end",
            answer: HTTP2Bytes.frame(type: 1, flags: 0, stream: 1, [])
                + (0..<64).flatMap { _ in
                    HTTP2Bytes.frame(type: 9, flags: 0, stream: 1, [UInt8](repeating: 0x40, count: 1000))
                }, words: "it broke the rules of HTTP/2"),
        Misdeed(
            testDescription: "pings without end",
            answer: (0..<1000).flatMap { _ in
                HTTP2Bytes.frame(type: 6, flags: 0, stream: 0, [UInt8](repeating: 0, count: 8))
            }, words: "it broke the rules of HTTP/2"),
    ]

    @Test(arguments: misdeeds) func misdeedIsAnErrorThatSaysWhat(_ misdeed: Misdeed) async throws {
        let server = try await ScriptedServer(
            greeting: misdeed.greeting, answers: [misdeed.answer], closes: misdeed.closes)
        let error = try await failure(server)
        #expect(error.code == (misdeed.words.contains("it answered '") ? .failedPrecondition : .unavailable))
        #expect(error.message.contains(misdeed.words), "\(error)")
    }

    /// What never comes to an end.
    static let silences: [(greeting: [UInt8], answers: [[UInt8]])] = [
        ([], []),
        (HTTP2Bytes.settings, []),
        (HTTP2Bytes.settings, [HTTP2Bytes.ok()]),
        (HTTP2Bytes.settings, [HTTP2Bytes.ok() + HTTP2Bytes.data(whole.dropLast(1))]),
        (HTTP2Bytes.settings, [HTTP2Bytes.headers([(":status", "100")])]),
        // It has no Get, and is silent about List.
        (HTTP2Bytes.settings, [HTTP2Bytes.ok() + HTTP2Bytes.status("12")]),
    ]

    @Test(arguments: silences.indices) func silenceEndsAtTheDeadline(_ index: Int) async throws {
        let silence = Self.silences[index]
        let server = try await ScriptedServer(greeting: silence.greeting, answers: silence.answers)
        let start = ContinuousClock.now
        let error = try await failure(server, within: .milliseconds(200))
        #expect(error.code == .deadlineExceeded)
        #expect(
            error.message
                == "can't learn the devices of pod 'n/p' from the kubelet at '\(server.socket)': no answer within 0.2 seconds"
        )
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test func piecesAndAnInterimAnswerArePutTogether() async throws {
        let pieces = Self.whole.flatMap { HTTP2Bytes.data([$0]) }
        let server = try await ScriptedServer(answers: [
            HTTP2Bytes.headers([(":status", "103")]) + HTTP2Bytes.ok() + pieces + HTTP2Bytes.status("0")
        ])
        let client = PodResourcesClient(socket: server.socket, loop: testLoop)
        let found = try await testLoop.task {
            try await client.devices(of: PodIdentity(name: "p", namespace: "n"))
        }.value
        #expect(found == .listed([]))
        try await server.clientLeft()
    }
}

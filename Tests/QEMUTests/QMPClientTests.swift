import Foundation
import LoopSupport
import NIOCore
import RuntimeErrors
import Testing

@testable import QEMU

/// What a broken or taken-over monitor may say instead of a greeting, and a word of the answer to it.
struct BadGreeting: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var text: String
    var words: [String]

    static let all = [
        BadGreeting(testDescription: "garbage", text: "hello\n", words: ["no QMP"]),
        BadGreeting(
            testDescription: "half a message, then the end", text: "{\"QMP\": {\"ver", words: ["ended"]),
        BadGreeting(testDescription: "nothing, then the end", text: "", words: ["ended"]),
        BadGreeting(testDescription: "another object", text: "{\"a\": 1}\n", words: ["neither"]),
        BadGreeting(testDescription: "an array", text: "[1]\n", words: ["no QMP"]),
        BadGreeting(testDescription: "bytes that are no text", text: "\u{0}\u{1}\u{7f}\n", words: ["no QMP"]),
        BadGreeting(
            testDescription: "deep nesting", text: String(repeating: "[", count: 100_000) + "\n",
            words: ["no QMP"]),
        BadGreeting(
            testDescription: "a line without an end", text: String(repeating: "x", count: 300_000),
            words: ["more than"]),
        BadGreeting(
            testDescription: "a long line",
            text: "{\"QMP\": \"" + String(repeating: "x", count: 300_000) + "\"}\n",
            words: ["more than", "no QMP"]),
    ]
}

@Suite(.timeLimit(.minutes(5))) struct QMPClientTests {
    /// A client whose peer runs `script` on a thread of its own.
    private func withClient<T: Sendable>(
        events: Collected<String> = Collected(), _ script: @escaping @Sendable (QMPPeer) -> Void,
        _ body: @escaping @Sendable (QMPClient, MainLoop) async throws -> T
    ) async throws -> T {
        let peer = try QMPPeer()
        let thread = Thread { script(peer) }
        thread.start()
        return try await TestLoop.run { loop, _ in
            let client = try await QMPClient.open(peer.takeClientEnd(), on: loop) { name, _ in
                events.add(name)
            }
            defer { client.close() }
            return try await body(client, loop)
        }
    }

    private static func id(of line: String) -> String {
        let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return object?["id"] as? String ?? ""
    }

    private static func answer(_ peer: QMPPeer, _ text: String) {
        peer.say("{\"return\": \(text), \"id\": \"\(id(of: peer.hear()))\"}\r\n")
    }

    private static func welcome(_ peer: QMPPeer) {
        peer.say(QMPPeer.greeting + "\r\n")
        answer(peer, "{}")
    }

    @Test func negotiatesAndRunsATypedCommand() async throws {
        let events = Collected<String>()
        let status = try await withClient(events: events) { peer in
            Self.welcome(peer)
            let line = peer.hear()
            peer.say(#"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "RESUME"}"# + "\r\n")
            peer.say(#"{"return": {}, "id": "99"}"# + "\r\n")
            peer.say(
                "{\"return\": {\"running\": true, \"status\": \"running\", \"singlestep\": false}, \"id\": \"\(Self.id(of: line))\"}\r\n"
            )
        } _: { client, _ in
            try await client.negotiate()
            return try await client.execute(QueryStatus(), deadline: .seconds(5))
        }
        #expect(status.running)
        #expect(status.status == "running")
        #expect(events.all == ["RESUME"])
    }

    @Test func answersMayComeInAnyOrderAndInPieces() async throws {
        let values = try await withClient { peer in
            Self.welcome(peer)
            let ids = [Self.id(of: peer.hear()), Self.id(of: peer.hear())]
            for (id, value) in zip(ids.reversed(), [2, 1]) {
                for character in "{\"return\": \(value), \"id\": \"\(id)\"}\r\n" {
                    peer.say(String(character))
                }
            }
        } _: { client, _ in
            try await client.negotiate()
            async let first = client.execute(
                ReadProperty<Int>(path: "/a", property: "b"), deadline: .seconds(5))
            async let second = client.execute(
                ReadProperty<Int>(path: "/c", property: "d"), deadline: .seconds(5))
            return try await [first, second].sorted()
        }
        #expect(values == [1, 2])
    }

    @Test func argumentsAreTheProperties() async throws {
        let heard = Collected<String>()
        try await withClient { peer in
            Self.welcome(peer)
            let line = peer.hear()
            heard.add(line)
            peer.say("{\"return\": {}, \"id\": \"\(Self.id(of: line))\"}\n")
        } _: { client, _ in
            try await client.negotiate()
            try await client.execute(
                AddDevice(driver: "virtio-rng-pci", id: "r1", bus: "rp0", addr: "0x00"), deadline: .seconds(5)
            )
        }
        let line = try #require(heard.all.first)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["execute"] as? String == "device_add")
        #expect(
            object["arguments"] as? [String: String]
                == ["driver": "virtio-rng-pci", "id": "r1", "bus": "rp0", "addr": "0x00"])
    }

    @Test func aRefusalKeepsQEMUsWords() async throws {
        let error = await #expect(throws: RuntimeError.self) {
            try await withClient { peer in
                Self.welcome(peer)
                let id = Self.id(of: peer.hear())
                peer.say(
                    "{\"error\": {\"class\": \"GenericError\", \"desc\": \"Bus 'pcie.0' does not support hotplugging\"}, \"id\": \"\(id)\"}\r\n"
                )
            } _: { client, _ in
                try await client.negotiate()
                try await client.execute(RemoveDevice(id: "x"), deadline: .seconds(5))
            }
        }
        #expect(error?.description.contains("does not support hotplugging") == true)
    }

    @Test(arguments: BadGreeting.all) func badWordsEndTheConnection(_ bad: BadGreeting) async throws {
        let error = await #expect(throws: RuntimeError.self) {
            try await withClient { peer in
                peer.say(bad.text)
                peer.leave()
            } _: { client, loop in
                try await loop.withDeadline(.seconds(5), "negotiate") { try await client.negotiate() }
            }
        }
        #expect(error?.code == .unavailable, "\(String(describing: error))")
        #expect(error.map { error in bad.words.contains { error.message.contains($0) } } == true)
    }

    @Test func silenceEndsAtTheDeadline() async throws {
        let error = await #expect(throws: RuntimeError.self) {
            try await withClient { peer in
                Self.welcome(peer)
                _ = peer.hear()
                _ = peer.hear()
            } _: { client, _ in
                try await client.negotiate()
                try await client.execute(Pause(), deadline: .milliseconds(50))
            }
        }
        #expect(error?.code == .deadlineExceeded)
    }

    @Test func whoeverWaitsWhenItEndsIsTold() async throws {
        let error = await #expect(throws: RuntimeError.self) {
            try await withClient { peer in
                Self.welcome(peer)
                _ = peer.hear()
                peer.leave()
            } _: { client, _ in
                try await client.negotiate()
                try await client.execute(Pause(), deadline: .seconds(5))
            }
        }
        #expect(error?.code == .unavailable)
    }

    @Test func aFloodOfEventsHoldsNothingUp() async throws {
        let events = Collected<String>()
        let error = await #expect(throws: RuntimeError.self) {
            try await withClient(events: events) { peer in
                Self.welcome(peer)
                let flood = String(
                    repeating: "{\"event\": \"RTC_CHANGE\", \"data\": {\"offset\": 1}}\n", count: 1000)
                for _ in 0..<50 { peer.say(flood) }
            } _: { client, loop in
                try await client.negotiate()
                try await client.execute(Pause(), deadline: .milliseconds(300))
            }
        }
        #expect(error?.code == .deadlineExceeded || error?.code == .unavailable)
        #expect(events.all.count > 100)
    }
}

import Hypervisor
import Logging
import LoopSupport
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Sandbox

@Suite struct ConsoleRelayTests {
    @Test func aFloodIsCutAndItsLossIsTold() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = MainLoop(group.next())
        let log = KeptLines()
        let flood = 100_000
        try await loop.task {
            let relay = ConsoleRelay(
                sandbox: "s1", isQuiet: true, to: Logger(label: "test") { _ in log }, on: loop)
            for number in 0..<flood { relay.hear(ConsoleLine(text: "line \(number)", bytesLeftOut: 7)) }
            try await loop.sleep(for: .milliseconds(1500))
        }.value
        try await group.shutdownGracefully()
        let lines = log.lines
        let told = lines.filter { $0.message == "lines of the guest console left out" }
        let kept = lines.count - told.count
        #expect(kept >= ConsoleRelay.burst)
        #expect(kept <= ConsoleRelay.burst + 20 * ConsoleRelay.linesPerSecond)
        #expect(lines.first?.metadata?["line"] == "line 0")
        #expect(lines.first?.metadata?["bytes_left_out"] == "7")
        #expect(told.map { $0.metadata?["count"] } == ["\(flood - kept)"])
    }
}

/// Keeps what is logged.
private final class KeptLines: LogHandler, Sendable {
    private let kept = Mutex<[LogEvent]>([])
    var lines: [LogEvent] { kept.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        kept.withLock { $0.append(event) }
    }
}

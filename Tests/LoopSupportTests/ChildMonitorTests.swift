import Glibc
import Linux
import LoopSupport
import NIOCore
import NIOPosix
import Testing

/// SIGCHLD must be blocked in every thread for a signalfd to see it, which a test process with its own threads
/// can't promise; the monitor finds children that ended before they were watched without it.
@Suite struct ChildMonitorTests {
    @Test func endsAreSeenBeforeAndAfter() async throws {
        let loop = MainLoop(MultiThreadedEventLoopGroup.singleton.next())
        let ends = try await loop.task {
            let monitor = try await ChildMonitor.start(on: loop)
            let launch = ChildLaunch(
                executable: "/bin/sh", arguments: ["sh", "-c", "exit 3"],
                descriptors: [(0, 0), (1, 1), (2, 2)])
            let (pid, _) = try spawn(launch)
            try await loop.sleep(for: .milliseconds(300))
            return [await monitor.exit(of: pid), await monitor.exit(of: pid)]
        }.value
        #expect(ends == [.exited(3), .exited(3)])
    }
}

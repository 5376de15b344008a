import Glibc
import Linux
import Testing

@testable import LoopSupport

/// The table behind the monitor. The signalfd itself is left to the system tests: it needs a process whose every
/// thread blocks SIGCHLD, which a test process is not.
@Suite struct ChildMonitorTests {
    private final class Seen {
        var ends: [Linux.ExitStatus] = []
    }

    private func shell(_ script: String) throws -> pid_t {
        let launch = ChildLaunch(
            executable: "/bin/sh", arguments: ["sh", "-c", script], descriptors: [(0, 0), (1, 1), (2, 2)])
        return try spawn(launch).pid
    }

    private func settle(_ table: ChildTable, until done: () -> Bool) {
        for _ in 0..<500 where !done() {
            usleep(10_000)
            table.reapAll()
        }
    }

    @Test func everyWatcherSeesTheEnd() throws {
        let (table, seen) = (ChildTable(adoptsOrphans: false), Seen())
        let pid = try shell("sleep 0.1; exit 3")
        table.watch(pid) { seen.ends.append($0) }
        table.watch(pid) { seen.ends.append($0) }
        #expect(seen.ends.isEmpty)
        settle(table) { seen.ends.count == 2 }
        #expect(seen.ends == [.exited(3), .exited(3)])
    }

    @Test func anEndIsSeenByWhoComesLate() throws {
        let (table, seen) = (ChildTable(adoptsOrphans: false), Seen())
        let pid = try shell("kill -9 $$")
        usleep(300_000)
        table.watch(pid) { seen.ends.append($0) }
        table.watch(pid) { seen.ends.append($0) }
        settle(table) { seen.ends.count == 2 }
        #expect(seen.ends == [.signaled(SIGKILL), .signaled(SIGKILL)])
    }

    @Test func aStrangerCountsAsEnded() {
        let (table, seen) = (ChildTable(adoptsOrphans: false), Seen())
        table.watch(1) { seen.ends.append($0) }
        #expect(seen.ends == [.signaled(SIGKILL)])
    }
}

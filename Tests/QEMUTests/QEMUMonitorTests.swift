import Foundation
import Glibc
import Hypervisor
import Linux
import LoopSupport
import RuntimeErrors
import Testing

@testable import QEMU

/// The monitor against a stand-in that misbehaves. What must hold each time: an error within the deadline
/// that tells why, no process, no file.
@Suite(.timeLimit(.minutes(5))) struct QEMUMonitorTests {
    /// Boots the stub and hands the machine to `body`.
    private func withStub<T: Sendable>(
        _ body: String = StubMonitor.polite, behave: String = "pass", deadline: Duration = .seconds(10),
        events: Collected<VMEvent> = Collected(),
        _ use: @escaping @Sendable (any RunningVM, MonitorFixture) async throws -> T
    ) async throws -> T {
        var fixture = try MonitorFixture.withoutDaemons(executable: "/bin/true")
        fixture.plan.executable = try StubMonitor.make(in: fixture.folder, body, behave: behave)
        let ready = fixture
        return try await TestLoop.run { loop, children in
            let launch = MonitorLaunch(deadline: deadline) { events.add($0) }
            let vm = try await QEMUMonitor(loop: loop, children: children).boot(ready.plan, launch)
            do {
                let value = try await use(vm, ready)
                await vm.stop(grace: .zero)
                return value
            } catch {
                await vm.stop(grace: .zero)
                throw error
            }
        }
    }

    /// Boots a stub that must fail, and returns the error.
    private func failure(_ body: String, deadline: Duration = .seconds(10)) async throws -> RuntimeError? {
        let folder = Collected<MonitorFixture>()
        let error = await #expect(throws: RuntimeError.self) {
            var fixture = try MonitorFixture.withoutDaemons(executable: "/bin/true")
            fixture.plan.executable = try StubMonitor.make(in: fixture.folder, body)
            folder.add(fixture)
            let plan = fixture.plan
            try await TestLoop.run { loop, children in
                _ = try await QEMUMonitor(loop: loop, children: children)
                    .boot(plan, MonitorLaunch(deadline: deadline))
            }
        }
        let fixture = try #require(folder.all.first)
        #expect(fixture.files == ["console.log", "empty", "stub"])
        #expect(children(running: fixture.plan.executable).isEmpty)
        return error
    }

    /// The processes whose command line names `executable`.
    private func children(running executable: String) -> [String] {
        let pids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return pids.filter { pid in
            guard Int(pid) != nil, let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline")
            else { return false }
            return String(decoding: line, as: UTF8.self).contains(executable)
        }
    }

    @Test func aGoodMonitorBootsAndStopsInOrder() async throws {
        let end = try await withStub(behave: "if name == 'quit': os._exit(0)") { vm, _ in
            await vm.stop(grace: .seconds(10))
            return await vm.waitForExit()
        }
        #expect(end == VMExit(status: .exited(0), reason: .requested, standardError: ""))
    }

    @Test func aMonitorThatExitsAtOnceIsReportedWithItsWords() async throws {
        let error = try await failure(
            """
            console.sendall(b"[    0.1] no init found\\n")
            sys.stderr.write("qemu: could not open kernel file\\n")
            sys.exit(3)
            """)
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("code 3") == true)
        #expect(error?.description.contains("could not open kernel file") == true)
        #expect(error?.description.contains("no init found") == true)
    }

    @Test func aMonitorKilledDuringBootIsReported() async throws {
        let error = try await failure("os.kill(os.getpid(), signal.SIGSEGV)")
        #expect(error?.message.contains("signal 11") == true)
    }

    /// Ways to never get there, each ended by the deadline or before.
    static let hangs = [
        ("silent", "time.sleep(600)"),
        ("deaf to signals", "signal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)"),
        ("garbage", "c, _ = listener.accept()\nc.sendall(b'garbage\\n')\ntime.sleep(600)"),
        ("half a greeting", "c, _ = listener.accept()\nc.sendall(b'{\"QMP\": ')\ntime.sleep(600)"),
        ("hangs up", "c, _ = listener.accept()\nc.close()\nlistener.close()\ntime.sleep(600)"),
        (
            "greets, then silent",
            "c, _ = listener.accept()\nc.sendall(b'{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 0, \"major\": 0}}}}\\n')\ntime.sleep(600)"
        ),
        (
            "floods with events",
            "c, _ = listener.accept()\nwhile True: c.sendall(b'{\"event\": \"X\", \"data\": {}}\\n' * 1000)"
        ),
        ("floods without a line end", "c, _ = listener.accept()\nwhile True: c.sendall(b'x' * 65536)"),
        ("floods the console", "while True: console.sendall(b'y' * 65536)"),
        ("floods standard error", "while True: sys.stderr.write('z' * 65536)"),
        ("does not run the guest", StubMonitor.polite.replacingOccurrences(of: "True", with: "False")),
    ]

    @Test(arguments: hangs) func aMonitorThatNeverAnswersIsKilled(_ name: String, _ body: String) async throws
    {
        let start = ContinuousClock.now
        let error = try await failure(body, deadline: .milliseconds(500))
        #expect(error != nil)
        #expect(error?.message.contains("pod-1") == true)
        #expect(ContinuousClock.now - start < .seconds(8))
    }

    @Test func aMissingBinaryIsSaidSo() async throws {
        let fixture = try MonitorFixture.withoutDaemons(executable: "/no/such/qemu")
        let error = await #expect(throws: RuntimeError.self) {
            try await TestLoop.run { loop, children in
                _ = try await QEMUMonitor(loop: loop, children: children).boot(fixture.plan, MonitorLaunch())
            }
        }
        #expect(error?.description.contains("'/no/such/qemu'") == true)
        #expect(error?.code == .notFound)
        #expect(fixture.files == ["console.log", "empty"])
    }

    @Test func aMissingDaemonIsSaidSo() async throws {
        let fixture = try MonitorFixture(executable: "/bin/true")
        let error = await #expect(throws: RuntimeError.self) {
            try await TestLoop.run { loop, children in
                _ = try await QEMUMonitor(loop: loop, children: children).boot(fixture.plan, MonitorLaunch())
            }
        }
        #expect(error?.message.contains("share.sock") == true)
        #expect(fixture.files == ["empty"])
    }

    @Test func aMonitorDeafToQuitIsKilled() async throws {
        let start = ContinuousClock.now
        let end = try await withStub(behave: "if name == 'quit': time.sleep(600)") { vm, _ in
            await vm.stop(grace: .milliseconds(200))
            return await vm.waitForExit()
        }
        #expect(end.status == .signaled(SIGKILL))
        #expect(end.reason == .requested)
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test func aMonitorThatDiesIsSeenByAll() async throws {
        let ends = try await withStub { vm, _ in
            async let first = vm.waitForExit()
            async let second = vm.waitForExit()
            Glibc.kill(vm.pid, SIGKILL)
            return await [first, second, vm.waitForExit()]
        }
        #expect(ends.allSatisfy { $0.status == .signaled(SIGKILL) && $0.reason == .unexpected })
    }

    /// What QEMU says before it ends by itself, and what it means.
    static let lastWords: [(String, VMExit.Reason)] = [
        (#"{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}}"#, .guestShutdown),
        (#"{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}}"#, .guestReset),
        (
            #"{"event": "GUEST_PANICKED", "data": {"action": "poweroff"}}"# + "\n"
                + #"{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}}"#, .guestPanic
        ),
        (#"{"event": "SHUTDOWN", "data": {"guest": false, "reason": "host-signal"}}"#, .unexpected),
        (#"{"event": "SHUTDOWN", "data": {"guest": 7, "reason": []}}"#, .unexpected),
        (#"{"event": "SHUTDOWN"}"#, .unexpected),
    ]

    @Test(arguments: lastWords) func theReasonOfAnEndIsKnown(_ words: String, _ reason: VMExit.Reason)
        async throws
    {
        let behave = """
            if name == 'query-status':
                time.sleep(0.05)
                client.sendall(b'''\(words)
            ''')
                console.sendall(b'last line of the console')
                os._exit(0)
            """
        let events = Collected<VMEvent>()
        let (end, console) = try await withStub(behave: behave, events: events) { vm, _ in
            (await vm.waitForExit(), await vm.consoleTail(bytes: 4))
        }
        #expect(end.reason == reason)
        #expect(end.status == .exited(0))
        #expect(console == "sole")
        #expect(!events.all.isEmpty)
    }

    @Test func itInheritsExactlyWhatItShould() async throws {
        let (found, status, limits) = try await withStub { vm, _ in
            (
                descriptors(of: vm.pid),
                try String(contentsOfFile: "/proc/\(vm.pid)/status", encoding: .utf8),
                try String(contentsOfFile: "/proc/\(vm.pid)/limits", encoding: .utf8)
            )
        }
        // 5 is the accepted connection, the stub's own.
        #expect(found.keys.sorted() == ["0", "1", "2", "3", "4", "5"])
        #expect(found["0"] == "/dev/null")
        #expect(found["1"] == found["2"])
        #expect(status.contains("NoNewPrivs:\t1"))
        #expect(status.contains("CapBnd:\t0000000000040000"))
        #expect(status.contains("SigBlk:\t0000000000000000"))
        #expect(
            limits.split(separator: "\n").contains {
                $0.hasPrefix("Max core file size") && $0.contains(" 0 ")
            })
    }

    @Test(.enabled(if: getuid() == 0, "needs root to become another user")) func itRunsAsTheUserItIsGiven()
        async throws
    {
        var fixture = try MonitorFixture.withoutDaemons(executable: "/bin/true")
        fixture.plan.executable = try StubMonitor.make(in: fixture.folder, StubMonitor.polite)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: fixture.folder.path)
        let plan = fixture.plan
        let status = try await TestLoop.run { loop, children in
            let identity = ProcessIdentity(user: 12345, group: 12346, supplementaryGroups: [12347])
            let vm = try await QEMUMonitor(loop: loop, children: children)
                .boot(plan, MonitorLaunch(identity: identity))
            let status = try String(contentsOfFile: "/proc/\(vm.pid)/status", encoding: .utf8)
            await vm.stop(grace: .zero)
            return status
        }
        #expect(status.contains("Uid:\t12345\t12345\t12345\t12345"))
        #expect(status.contains("Gid:\t12346\t12346\t12346\t12346"))
        #expect(status.contains("Groups:\t12347"))
        #expect(status.contains("CapEff:\t0000000000040000"))
        #expect(fixture.files.contains("stub"))
    }
}

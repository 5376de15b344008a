import Foundation
import Glibc
import Linux
import LoopSupport
import OCI
import RuntimeErrors
import Testing

@testable import Sandbox

@Suite(.enabled(if: geteuid() == 0, "needs root to enter a network namespace"), .timeLimit(.minutes(2)))
struct HostHooksTests {
    private func hooks(
        prestart: [Hook] = [], createRuntime: [Hook] = [], poststart: [Hook] = [], poststop: [Hook] = []
    ) -> Hooks {
        var hooks = Hooks()
        hooks.prestart = prestart
        hooks.createRuntime = createRuntime
        hooks.poststart = poststart
        hooks.poststop = poststop
        return hooks
    }

    /// The error of hooks that must fail before the creation, and how long they took.
    private func failure(
        _ scene: HookScene, _ hooks: Hooks, budget: Duration = .seconds(60)
    ) async throws -> (error: RuntimeError, seconds: Double) {
        let begin = Date()
        do {
            try await scene.run(hooks) { hooks in
                var hooks = hooks
                hooks.budget = budget
                try await hooks.runBeforeCreation(pid: 1)
            }
        } catch let error as RuntimeError {
            return (error, Date().timeIntervalSince(begin))
        }
        throw NoHooks()
    }

    @Test func theyRunInOrderWithExactlyWhatTheyAreGiven() async throws {
        let scene = try HookScene()
        let text = """
            { echo "$0|$1|$2"; /usr/bin/env; cat; echo; /bin/pwd; } >> out
            """
        // The kernel puts a script's path in place of its first argument; a program sees it as it is.
        let program = Hook(
            path: "/bin/sh", args: ["my-name", "-c", "echo \"$0\" >> out"], env: [])
        let list = hooks(
            prestart: [try scene.script(text, args: ["me", "one", "two words"], env: ["A=1", "B=x y"])],
            createRuntime: [program, try scene.script("cat >> out; echo >> out", env: [])])
        try await scene.run(list, annotations: ["a/b": "c \"d\""]) { hooks in
            try await hooks.runBeforeCreation(pid: 42)
        }
        let state =
            #"{"annotations":{"a/b":"c \"d\""},"bundle":"\#(scene.folder)","id":"c1","ociVersion":"1.1.0","pid":42,"status":"creating"}"#
        let lines = try scene.file("out").split(separator: "\n").map(String.init)
        #expect(lines.first == "\(list.prestart[0].path)|one|two words")
        let environment = lines.filter { $0.contains("=") && !$0.contains("{") }
        // The shell adds a name of its own; nothing else may be there.
        #expect(environment.filter { !$0.hasPrefix("PWD=") && !$0.hasPrefix("_=") } == ["A=1", "B=x y"])
        #expect(Array(lines.suffix(4)) == [state, scene.folder, "my-name", state])
    }

    @Test func theyAreInThePodsNetworkNamespace() async throws {
        let scene = try HookScene()
        let list = hooks(createRuntime: [try scene.script("readlink /proc/self/ns/net > out")])
        try await scene.run(list) { try await $0.runBeforeCreation(pid: 1) }
        var status = stat()
        #expect(fstat(scene.network.descriptor.raw, &status) == 0)
        #expect(try scene.file("out") == "net:[\(status.st_ino)]\n")
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net") + "\n"
                != scene.file("out"))
    }

    @Test func theyInheritNoDescriptor() async throws {
        let scene = try HookScene()
        // The shell opens its script as 10 or above and closes it for what it runs.
        let list = hooks(createRuntime: [try scene.script("ls /proc/self/fd > out")])
        try await scene.run(list) { try await $0.runBeforeCreation(pid: 1) }
        // 3 is the folder that ls reads.
        #expect(try scene.file("out") == "0\n1\n2\n3\n")
    }

    @Test func theFirstFailureEndsItAndSaysWhy() async throws {
        let scene = try HookScene()
        let bad = try scene.script("echo first >&2; echo the cable is missing >&2; exit 7")
        let (error, _) = try await failure(
            scene, hooks(prestart: [bad], createRuntime: [try scene.script("touch ran")]))
        #expect(error.code == .failedPrecondition)
        #expect(
            error.message
                == "can't run prestart hook '\(bad.path)' of container 'c1': it exited with 7 and said 'first | the cable is missing'; see to what it needs"
        )
        #expect(throws: (any Error).self) { try scene.file("ran") }
    }

    @Test func whatItSaysIsBounded() async throws {
        let scene = try HookScene()
        let bad = try scene.script("head -c 3000000 /dev/zero | tr '\\0' x >&2; echo END >&2; kill -9 $$")
        let (error, _) = try await failure(scene, hooks(createRuntime: [bad]))
        #expect(error.message.contains("it was killed by signal 9 and said 'x"))
        #expect(error.message.contains("xxxEND'"))
        #expect(error.message.utf8.count < 2048)
    }

    @Test(arguments: ["/no/such/program", "/etc/passwd", "/"])
    func whatCannotBeExecutedIsNamed(_ path: String) async throws {
        let (error, _) = try await failure(HookScene(), hooks(createRuntime: [Hook(path: path)]))
        #expect(error.code == .failedPrecondition)
        #expect(error.message.hasPrefix("can't run createRuntime hook '\(path)' of container 'c1'"))
    }

    @Test func aTimeoutKillsTheWholeGroup() async throws {
        let scene = try HookScene()
        let slow = try scene.script(
            "trap '' TERM; echo $$ > leader; sleep 1000 & echo $! > child; echo waiting >&2; wait", timeout: 1
        )
        let (error, seconds) = try await failure(scene, hooks(createRuntime: [slow]))
        #expect(error.code == .deadlineExceeded)
        #expect(error.message.contains("'\(slow.path)' of container 'c1': it did not end within 1"))
        #expect(error.message.contains("said 'waiting'"))
        #expect((0.9...10).contains(seconds))
        #expect(try !scene.runs("leader"))
        #expect(try !scene.runs("child"))
    }

    @Test func allHooksOfAPointShareABudget() async throws {
        let scene = try HookScene()
        let slow = try scene.script("echo x >> out; sleep 1", timeout: 3600)
        let (error, seconds) = try await failure(
            scene, hooks(createRuntime: Array(repeating: slow, count: 20)), budget: .milliseconds(2500))
        #expect(error.code == .deadlineExceeded)
        #expect(seconds < 10)
        #expect(try (2...3).contains(scene.file("out").split(separator: "\n").count))
    }

    @Test func cancellationKills() async throws {
        let scene = try HookScene()
        let slow = try scene.script("echo $$ > leader; sleep 1000 & echo $! > child; touch up; wait")
        let loop = scene.loop
        let error = try await scene.run(hooks(createRuntime: [slow])) { hooks in
            let run = loop.task { try await hooks.runBeforeCreation(pid: 1) }
            while access("\(scene.folder)/up", F_OK) != 0 { try await loop.sleep(for: .milliseconds(10)) }
            run.cancel()
            if case .failure(let error) = await run.result { return "\(error)" }
            return ""
        }
        #expect(error.hasPrefix("can't run createRuntime hook '\(slow.path)'"))
        #expect(try !scene.runs("leader"))
        #expect(try !scene.runs("child"))
    }

    @Test func aDaemonThatIsLeftBehindDelaysNothing() async throws {
        let scene = try HookScene()
        let list = hooks(createRuntime: [try scene.script("sleep 1000 & echo $! > daemon")])
        let begin = Date()
        try await scene.run(list) { try await $0.runBeforeCreation(pid: 1) }
        #expect(Date().timeIntervalSince(begin) < 10)
        #expect(try scene.runs("daemon"))
        if let pid = pid_t(try scene.file("daemon").trimmingCharacters(in: .newlines)) { kill(pid, SIGKILL) }
    }

    @Test func aLargeStateIsReadWhole() async throws {
        let scene = try HookScene()
        let list = hooks(createRuntime: [try scene.script("exit 0"), try scene.script("wc -c > out")])
        try await scene.run(list, annotations: ["big": String(repeating: "x", count: 1 << 20)]) {
            try await $0.runBeforeCreation(pid: 1)
        }
        #expect(
            try #require(Int(scene.file("out").trimmingCharacters(in: .whitespacesAndNewlines))) > 1 << 20)
    }

    @Test func failuresAfterTheStartAreLoggedOnly() async throws {
        let scene = try HookScene()
        let bad = try scene.script("echo oops >&2; exit 1")
        let list = hooks(poststart: [bad, try scene.script("cat > out")])
        try await scene.run(list) { await $0.runAfterStart(pid: 42) }
        #expect(try scene.file("out").contains(#""pid":42,"status":"running"}"#))
        #expect(
            scene.log.lines == [
                "warning hook failed can't run poststart hook '\(bad.path)' of container 'c1': it exited with 1 and said 'oops'; see to what it needs"
            ])
    }

    @Test func whatUndoesRunsToItsEndEvenWhenNobodyWaits() async throws {
        let scene = try HookScene()
        let list = hooks(poststop: [try scene.script("exit 3"), try scene.script("sleep 0.3; cat > out")])
        let loop = scene.loop
        try await scene.run(list) { hooks in
            let run = loop.task { await hooks.runAfterDeletion() }
            run.cancel()
            _ = await run.result
        }
        #expect(try scene.file("out").hasSuffix(#""ociVersion":"1.1.0","status":"stopped"}"#))
        #expect(scene.log.lines.count == 1)
    }

    @Test func tooManyAreRefusedBeforeAnythingIsMade() throws {
        let scene = try HookScene()
        let many = Array(repeating: Hook(path: "/bin/true"), count: 33)
        #expect(throws: RuntimeError.self) {
            try HostHooks.check(scene.request(hooks(prestart: many, poststop: many)))
        }
        try HostHooks.check(scene.request(hooks(prestart: many)))
        try HostHooks.check(scene.request(nil))
    }

    @Test func hooksOfTheGuestAreNotOfTheHost() async throws {
        var list = Hooks()
        list.startContainer = [Hook(path: "/bin/true")]
        await #expect(throws: NoHooks.self) { try await HookScene().run(list) { _ in } }
    }
}

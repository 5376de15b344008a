import AgentProtocol
import Foundation
import TTRPC
import Testing

/// The life of processes: waiting, signals, further processes, streams.
@Suite(.enabled(if: TestGuest.isPossible, "needs root"), .timeLimit(.minutes(5))) struct ProcessTests {
    @Test func everyWaiterLearnsTheEndBeforeAndAfterIt() async throws {
        try await TestGuest.with { guest in
            try await guest.create("c", guest.spec(["sleep", "100"]))
            try await guest.start("c")
            async let first = guest.wait("c")
            async let second = guest.wait("c")
            try await guest.signal("c", "c", SIGKILL)
            #expect(try await first == 137)
            #expect(try await second == 137)
            #expect(try await guest.wait("c") == 137)
            await expect(.notFound) { try await guest.signal("c", "c", SIGKILL) }
            try await guest.remove("c")
            await expect(.notFound) { _ = try await guest.wait("c") }
            await expect(.notFound) { try await guest.remove("c") }
        }
    }

    @Test func anEmptyExecIdMeansAllProcesses() async throws {
        try await TestGuest.with { guest in
            try await guest.create("c", guest.spec(["sh", "-c", "trap 'exit 3' TERM; sleep 100 & wait"]))
            try await guest.start("c")
            try await guest.exec("c", "x", ["sleep", "100"])
            // The shell must have set its trap: the init process of a pid namespace ignores the rest.
            try await Task.sleep(for: .milliseconds(300))
            try await guest.signal("c", "", SIGTERM)
            #expect(try await guest.wait("c") == 3)
            // The end of the init process takes all others along.
            #expect([143, 137].contains(try await guest.wait("c", "x")))
        }
    }

    @Test func furtherProcessesShareTheContainer() async throws {
        try await TestGuest.with { guest in
            try await guest.create("c", guest.spec(["sleep", "100"]))
            await expect(.failedPrecondition) { try await guest.exec("c", "x", ["true"]) }
            try await guest.start("c")
            await expect(.failedPrecondition) { try await guest.start("c") }
            try await guest.exec(
                "c", "x",
                [
                    "sh", "-c",
                    "cat; hostname; tr '\\0' ' ' < /proc/1/cmdline; echo; grep NoNew /proc/self/status; exit 5",
                ])
            try await guest.write("c", "x", "typed\n")
            try await guest.closeInput("c", "x")
            let output = String(decoding: try await guest.read("c", "x"), as: UTF8.self)
            #expect(output == "typed\nbox\nsleep 100 \nNoNewPrivs:\t1\n")
            #expect(try await guest.wait("c", "x") == 5)
            await expect(.alreadyExists) { try await guest.exec("c", "x", ["true"]) }
            await expect(.notFound) { _ = try await guest.wait("c", "other") }
            await expect(.notFound) { try await guest.exec("c", "y", ["true"], cwd: "/absent") }
            await expect(.notFound) { try await guest.exec("d", "x", ["true"]) }
            await expect(.alreadyExists) { try await guest.create("c", guest.spec(["true"])) }
        }
    }

    @Test func outputWaitsForItsReader() async throws {
        try await TestGuest.with { guest in
            try await guest.create(
                "c", guest.spec(["sh", "-c", "dd if=/dev/zero bs=64k count=48; echo end >&2"]))
            try await guest.start("c")
            try await Task.sleep(for: .milliseconds(200))
            #expect(try await guest.read("c").count == 48 * 65536)
            #expect(try await guest.wait("c") == 0)
            // Nobody has read it before the end.
            #expect(
                String(decoding: try await guest.read("c", errors: true), as: UTF8.self).hasSuffix("end\n"))
        }
    }

    @Test func aPauseStopsAndAResumeContinues() async throws {
        try await TestGuest.with { guest in
            try await guest.create("c", guest.spec(["sh", "-c", "while :; do echo tick; sleep 0.01; done"]))
            try await guest.start("c")
            var pause = AgentPauseContainerRequest()
            pause.containerID = "c"
            _ = try await guest.agent.pauseContainer(pause)
            await expect(.failedPrecondition) { try await guest.exec("c", "x", ["true"]) }
            var resume = AgentResumeContainerRequest()
            resume.containerID = "c"
            _ = try await guest.agent.resumeContainer(resume)
            try await guest.exec("c", "x", ["true"])
            #expect(try await guest.wait("c", "x") == 0)
            _ = try await guest.agent.pauseContainer(pause)
            try await guest.remove("c")
        }
    }

    @Test(arguments: [
        ("nosuch", "exec: \"nosuch\": executable file not found in $PATH"),
        ("/nosuch", "exec: \"/nosuch\": stat /nosuch: no such file or directory"),
        ("/etc/passwd", "exec: \"/etc/passwd\": permission denied"),
        ("/etc", "exec: \"/etc\": is a directory"),
    ]) func aCommandThatCanNotRunIsSaidAtCreation(_ command: String, _ message: String) async throws {
        try await TestGuest.with { guest in
            do {
                try await guest.create("c", guest.spec([command]))
                Issue.record("it was created")
            } catch let error as TTRPCError {
                #expect(error.message == message)
            }
            // Nothing is left of it.
            #expect(try await guest.run(guest.spec(["true"])).status == 0)
        }
    }

    @Test func aFileThatIsNoProgramIsSaidAtTheStart() async throws {
        try await TestGuest.with { guest in
            let path = guest.root + "/bin/garbage"
            try "\u{1}\u{2}".write(toFile: path, atomically: false, encoding: .utf8)
            chmod(path, 0o755)
            try await guest.create("c", guest.spec(["garbage"]))
            do {
                try await guest.start("c")
                Issue.record("it was started")
            } catch let error as TTRPCError {
                #expect(error.message == "exec /bin/garbage: exec format error")
            }
            try await guest.remove("c")
        }
    }

    @Test func tenContainersAtOnce() async throws {
        try await TestGuest.with { guest in
            try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        try await guest.run(guest.spec(["echo", "\(number)"]), id: "c\(number)").output
                    }
                }
                var outputs: Set<String> = []
                for try await output in group { outputs.insert(output) }
                #expect(outputs == Set((0..<10).map { "\($0)\n" }))
            }
        }
    }
}

/// Requires that `body` fails with this status.
func expect(_ code: TTRPCError.Code, _ body: () async throws -> Void) async {
    do {
        try await body()
        Issue.record("no error, \(code) expected")
    } catch let error as TTRPCError {
        #expect(error.code == code, "\(error)")
    } catch {
        Issue.record("\(error)")
    }
}

import AgentClient
import Foundation
import Linux
import LoopSupport
import NIOCore
import OCI
import RuntimeErrors
import Testing

@testable import Sandbox

@Suite(.timeLimit(.minutes(2)))
struct LoggingProcessTests {
    /// Starts a script as the logging program of both outputs of container `c1`, for the length of `body`.
    private func log<T: Sendable>(
        _ text: String, outputs: Set<GuestOutput> = [.stdout, .stderr],
        limits: LoggingProcess.Limits = .init(), in scene: HookScene,
        _ body: @escaping @Sendable (LoggingProcess, [GuestOutput: PipeWriter]) async throws -> T
    ) async throws -> T {
        // A logging program has the variables of its contract alone.
        let script = try scene.script("PATH=/usr/bin:/bin; cd \(scene.folder)\n\(text)").path
        let program = try #require(LoggingProgram(path: script, query: []))
        let process = GuestProcessID(container: try ContainerID(parsing: "c1"), process: "c1")
        return try await scene.run { environment in
            let (logging, writers) = try await LoggingProcess.start(
                program, of: process, namespace: "ns", outputs: outputs, within: limits, environment)
            return try await body(logging, writers)
        }
    }

    private func close(_ logging: LoggingProcess, _ writers: [GuestOutput: PipeWriter]) {
        for (output, writer) in writers {
            writer.close()
            logging.close(output)
        }
    }

    @Test func itReadsBothStreamsToTheirEnd() async throws {
        let scene = try HookScene()
        let text = "exec 5>&-; cat <&3 > out; cat <&4 > err"
        let status = try await log(text, in: scene) { logging, writers in
            try await writers[.stdout]?.write(ByteBuffer(string: "one"))
            try await writers[.stderr]?.write(ByteBuffer(string: "two"))
            close(logging, writers)
            return try await logging.ended.get()
        }
        #expect(status == .exited(0))
        #expect(try scene.file("out") == "one")
        #expect(try scene.file("err") == "two")
        #expect(scene.log.lines.isEmpty)
    }

    @Test func anOutputThatItDoesNotGetIsAtItsEnd() async throws {
        let scene = try HookScene()
        let status = try await log("exec 5>&-; cat <&4; cat <&3 > out", outputs: [.stdout], in: scene) {
            logging, writers in
            #expect(Array(writers.keys) == [.stdout])
            try await writers[.stdout]?.write(ByteBuffer(string: "one"))
            close(logging, writers)
            return try await logging.ended.get()
        }
        #expect(status == .exited(0))
        #expect(try scene.file("out") == "one")
    }

    @Test func itIsWaitedForUntilItIsReady() async throws {
        let scene = try HookScene()
        try await log("sleep 0.3; echo up > ready; echo x >&5; cat <&3; cat <&4", in: scene) {
            logging, writers in
            #expect(try scene.file("ready") == "up\n")
            close(logging, writers)
            _ = try await logging.ended.get()
        }
    }

    @Test(arguments: [
        ("echo no disk >&2; exit 7", "it exited with 7 before it was ready and said 'no disk'"),
        ("kill -9 $$", "it was killed by signal 9 before it was ready"),
        (
            "echo $$ > pid; echo waiting >&2; sleep 1000",
            "neither wrote to its descriptor 5 nor closed it within 0.5 seconds and said 'waiting'"
        ),
    ])
    func oneThatIsNeverReadyFails(_ text: String, _ words: String) async throws {
        let scene = try HookScene()
        let limits = LoggingProcess.Limits(ready: .milliseconds(500))
        let error = await #expect(throws: RuntimeError.self) {
            try await log(text, limits: limits, in: scene) { _, _ in }
        }
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
        #expect(error?.message.contains("for container 'c1'") == true)
        if text.contains("pid") { #expect(try !scene.runs("pid")) }
    }

    @Test func oneThatIgnoresTheEndIsTerminated() async throws {
        let scene = try HookScene()
        let limits = LoggingProcess.Limits(grace: .milliseconds(200))
        let status = try await log("exec 5>&-; exec sleep 1000", limits: limits, in: scene) {
            logging, writers in
            close(logging, writers)
            return try await logging.ended.get()
        }
        #expect(status == .signaled(15))
        try await Task.sleep(for: .milliseconds(500))
        #expect(scene.log.lines == ["warning logging program ended it was killed by signal 15"])
    }

    @Test func oneThatIgnoresSIGTERMIsKilledWithItsChildren() async throws {
        let scene = try HookScene()
        let limits = LoggingProcess.Limits(grace: .milliseconds(100), lastGrace: .milliseconds(200))
        let text = "trap '' TERM; exec 5>&-; sleep 1000 & echo $! > child; while :; do sleep 0.1; done"
        let status = try await log(text, limits: limits, in: scene) { logging, writers in
            close(logging, writers)
            return try await logging.ended.get()
        }
        #expect(status == .signaled(9))
        #expect(try !scene.runs("child"))
    }

    @Test func theDeathOfOneEndsItsWriters() async throws {
        let scene = try HookScene()
        let failed = try await log("exec 5>&-; read line <&3; echo bye >&2; exit 4", in: scene) {
            logging, writers in
            let writer = try #require(writers[.stdout])
            try await writer.write(ByteBuffer(string: "line\n"))
            _ = try await logging.ended.get()
            do {
                // More than a pipe takes by itself.
                try await writer.write(ByteBuffer(repeating: 0, count: 1 << 20))
                return false
            } catch {
                return true
            }
        }
        #expect(failed)
    }

    @Test func whatCannotBeExecutedIsNamed() async throws {
        let scene = try HookScene()
        let program = try #require(LoggingProgram(path: "/no/such/program", query: []))
        let process = GuestProcessID(container: try ContainerID(parsing: "c1"), process: "c1")
        let error = await #expect(throws: RuntimeError.self) {
            try await scene.run { environment in
                _ = try await LoggingProcess.start(
                    program, of: process, namespace: "ns", outputs: [.stdout], within: .init(), environment)
            }
        }
        #expect(error?.message.contains("'/no/such/program' for container 'c1'") == true)
    }
}

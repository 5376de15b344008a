import Glibc
import Linux
import RuntimeErrors
import Testing

struct SpawnTests {
    @Test func runsAProgramAndReportsItsExit() throws {
        #expect(
            try run(["/bin/sh", "-c", "echo hello; exit 7"]) == Output(status: .exited(7), text: "hello\n"))
        #expect(try run(["/bin/sh", "-c", "kill -9 $$"]).status == .signaled(9))
    }

    @Test func handsOverArgumentsAndEnvironmentExactly() throws {
        let output = try run(["/bin/sh", "-c", "echo \"$#:$1:$A:$B\"", "sh", "a b"]) {
            $0.environment = ["A=1", "B=x y"]
        }
        #expect(output.text == "1:a b:1:x y\n")
    }

    @Test func namesTheProgramThatCannotBeExecuted() throws {
        let error = #expect(throws: RuntimeError.self) { try run(["/nowhere/program"]) }
        #expect(error?.code == .notFound)
        #expect(
            error?.description
                == "can't start '/nowhere/program': cannot execute it: no such file or directory")
        let denied = #expect(throws: RuntimeError.self) { try run(["/etc/passwd"]) }
        #expect(denied?.code == .permissionDenied)
        let folder = #expect(throws: RuntimeError.self) {
            try run(["/bin/true"]) { $0.workingDirectory = "/nowhere" }
        }
        #expect(folder?.message == "can't start '/bin/true': cannot enter '/nowhere'")
    }

    @Test func leavesNoChildAfterAFailure() throws {
        let before = try children()
        for _ in 0..<20 { #expect(throws: RuntimeError.self) { try run(["/nowhere/program"]) } }
        #expect(try children().subtracting(before).isEmpty)
    }

    @Test func refusesWhatCWouldCutShort() throws {
        #expect(throws: RuntimeError.self) { try run(["/bin/true", "a\0b"]) }
        #expect(throws: RuntimeError.self) { try run(["/bin/true"]) { $0.descriptors.append((0, 1)) } }
        #expect(throws: RuntimeError.self) { try run(["/bin/true"]) { $0.descriptors.append((0, -1)) } }
    }

    @Test func resetsSignals() throws {
        // It stays ignored: other tests of this process write to peers that have gone.
        signal(SIGPIPE, SIG_IGN)
        try blockSignals([SIGUSR1, SIGTERM])
        defer { _ = try? unblockSignals([SIGUSR1, SIGTERM]) }
        let status = try run(["/bin/cat", "/proc/self/status"]).text
        #expect(field("SigBlk", of: status) == "0000000000000000")
        #expect(field("SigIgn", of: status) == "0000000000000000")
        #expect(field("SigCgt", of: status) == "0000000000000000")
    }

    @Test func startsASessionAndADirectory() throws {
        let output = try run(["/bin/sh", "-c", "pwd; cut -d' ' -f1,6 /proc/$$/stat"]) {
            $0.newSession = true
            $0.workingDirectory = "/usr"
        }
        let lines = output.text.split(separator: "\n")
        #expect(lines.first == "/usr")
        let ids = try #require(lines.last).split(separator: " ")
        #expect(ids.first == ids.last)
    }

    @Test func setsLimits() throws {
        let output = try run(["/bin/sh", "-c", "ulimit -Sn; ulimit -Hn; ulimit -Sc"]) {
            $0.resourceLimits = [
                ResourceLimit(.openFiles, soft: 200, hard: 300), ResourceLimit(.core, soft: 0, hard: 0),
            ]
        }
        #expect(output.text == "200\n300\n0\n")
    }

    private func children() throws -> Set<Substring> {
        Set(try text(of: "/proc/thread-self/children").split(separator: " "))
    }
}

/// The value of a field of /proc/PID/status.
func field(_ name: String, of status: String) -> String? {
    status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
        .map { $0.dropFirst(name.count + 1).split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}

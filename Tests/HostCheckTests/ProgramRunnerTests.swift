import Foundation
import Glibc
import Linux
import Testing

@testable import HostCheck

/// Real programs that behave and misbehave.
@Suite struct ProgramRunnerTests {
    private let programs = Programs.real(isolated: false)

    private func run(
        _ script: String, deadline: Duration = .seconds(20), silence: Duration? = nil,
        until isEnough: (String) -> Bool = { _ in false }
    ) -> ProgramOutcome {
        var run = ProgramRun("/bin/sh", ["-c", script])
        run.deadline = deadline
        run.silence = silence
        return programs.run(run, isEnough)
    }

    /// Whether a process is there and no zombie.
    private func lives(_ pid: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else {
            return false
        }
        return !status.contains(") Z ")
    }

    private func waitUntilGone(_ pid: pid_t) -> Bool {
        for _ in 0..<500 where lives(pid) { usleep(10_000) }
        return !lives(pid)
    }

    @Test func outputAndEnd() {
        #expect(run("echo out; echo err >&2; exit 3") == ProgramOutcome(.ended(.exited(3)), "out\nerr\n"))
        #expect(run("kill -9 $$").end == .ended(.signaled(9)))
    }

    @Test func programThatIsNotThere() {
        let outcome = programs.output("/absent/program", "--version")
        guard case .notStarted(let reason) = outcome.end else { return #expect(Bool(false), "\(outcome)") }
        #expect(reason.contains("/absent/program"))
    }

    @Test func environmentIsEmptyAndTheFolderIsTheRoot() {
        #expect(run("echo $HOME-$LANG; pwd").output == "-\n/\n")
    }

    @Test func whatIsWaitedForEndsIt() {
        let outcome = run("echo first; sleep 100") { $0.hasPrefix("first\n") }
        #expect(outcome == ProgramOutcome(.satisfied, "first\n"))
    }

    @Test func deadlineKillsItWithItsChildren() throws {
        let outcome = run("sleep 100 & echo $!; wait", deadline: .seconds(1))
        #expect(outcome.end == .timedOut)
        let child = try #require(pid_t(outcome.output.dropLast()))
        #expect(waitUntilGone(child))
    }

    @Test func silenceEndsEarlier() {
        let start = ContinuousClock.now
        #expect(run("sleep 100", deadline: .seconds(60), silence: .milliseconds(300)).end == .timedOut)
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test func whoHasSpokenMayBeSilent() {
        let outcome = run("echo x; sleep 1; echo y", deadline: .seconds(60), silence: .milliseconds(500))
        #expect(outcome == ProgramOutcome(.ended(.exited(0)), "x\ny\n"))
    }

    @Test func childThatKeepsThePipeIsNotWaitedFor() throws {
        let outcome = run("sleep 100 & echo $!")
        #expect(outcome.end == .ended(.exited(0)))
        let child = try #require(pid_t(outcome.output.dropLast()))
        #expect(waitUntilGone(child))
    }

    @Test func outputIsBounded() {
        let outcome = run("while :; do echo 0123456789012345678901234567890123456789; done")
        #expect(outcome.end == .timedOut)
        #expect(outcome.output.utf8.count < 2 * ProgramRun.outputLimit)
    }

    @Test func programThatClosesItsOutputIsStillSeen() {
        #expect(run("exec >&- 2>&-; sleep 1; exit 4").end == .ended(.exited(4)))
    }
}

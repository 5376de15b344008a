import AgentClient
import Glibc
import Hypervisor
import Logging
import LoopSupport
import NIOCore
import NIOPosix
import Testing

@testable import Sandbox

/// Row 10: the real agent hangs (it is stopped by a signal), the machine around it is made up.
@Suite(.enabled(if: AgentProcess.isPossible, "needs root"), .serialized, .timeLimit(.minutes(2)))
struct HealthProbeTests {
    private static let timing = HealthProbe.Timing(
        interval: .milliseconds(50), tick: .milliseconds(50), patience: 6)

    /// Runs `body` on a loop with a probe of a real agent.
    private func with<T: Sendable>(
        _ body: @escaping @Sendable (HealthProbe, AgentProcess, PausingVM) async throws -> T
    ) async throws -> T {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = MainLoop(group.next())
        let process = try AgentProcess()
        let result = await loop.task {
            let agent = try await GuestAgent.connect(
                to: .unix(path: process.socket), within: .seconds(20), on: loop)
            let vm = PausingVM()
            let probe = HealthProbe(
                agent: agent, vm: vm, loop: loop, logger: Logger(label: "test") { _ in HookLog() },
                timing: Self.timing)
            do {
                let value = try await body(probe, process, vm)
                await agent.close()
                return value
            } catch {
                await agent.close()
                throw error
            }
        }.result
        process.end()
        try await group.shutdownGracefully()
        return try result.get()
    }

    /// Whether the probe has told a loss within a time.
    private func isLost(
        _ probe: HealthProbe, _ time: Duration, _ act: @escaping @Sendable () async throws -> Void
    ) async throws -> Bool {
        let probing = probe.loop.task { try await probe.untilLost() }
        defer { probing.cancel() }
        try await act()
        do {
            let reason = try await probe.loop.withDeadline(time, "lose the agent") { try await probing.value }
            #expect(reason.contains("has not answered for 0.3 seconds"))
            return true
        } catch {
            return false
        }
    }

    @Test func anAgentThatAnswersIsNotLost() async throws {
        let lost = try await with { probe, _, _ in try await isLost(probe, .seconds(1)) {} }
        #expect(!lost)
    }

    @Test func anAgentThatHangsIsLost() async throws {
        let lost = try await with { probe, process, _ in
            try await isLost(probe, .seconds(20)) { process.signal(SIGSTOP) }
        }
        #expect(lost)
    }

    @Test func aMachineThatStandsStillLosesNoAgent() async throws {
        let found = try await with { probe, process, vm in
            let during = try await isLost(probe, .seconds(2)) {
                vm.pause(true)
                process.signal(SIGSTOP)
            }
            let after = try await isLost(probe, .seconds(1)) {
                process.signal(SIGCONT)
                vm.pause(false)
            }
            let again = try await isLost(probe, .seconds(20)) { process.signal(SIGSTOP) }
            return [during, after, again]
        }
        #expect(found == [false, false, true])
    }

    /// Row 10: a call that is under way on a hung agent ends with the machine, not at its own deadline.
    @Test func aCallToAHungAgentEndsWithTheConnection() async throws {
        let failed = try await with { probe, process, _ in
            process.signal(SIGSTOP)
            let call = probe.loop.task { try await probe.agent.check() }
            _ = try await probe.untilLost()
            await probe.agent.close()
            if case .failure = await call.result { return true }
            return false
        }
        #expect(failed)
    }
}

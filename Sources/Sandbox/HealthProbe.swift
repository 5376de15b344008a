import AgentClient
import Hypervisor
import Logging
import LoopSupport
import NIOCore
import RuntimeErrors

/// Asks the guest agent now and then whether it is there, and keeps the guest's clock right.
///
/// An agent that hangs while its machine runs is as good as dead. Time in which the machine itself stands still does
/// not count; nor does time in which this process does: what counts are ticks of the loop's timer that saw the
/// machine run.
struct HealthProbe: Sendable {
    /// How often and how long.
    struct Timing: Sendable {
        /// Between an answer and the next question.
        var interval = Duration.seconds(10)
        /// How long one tick of waiting is.
        var tick = Duration.seconds(1)
        /// How many ticks of a running machine an answer may take.
        var patience = 10
    }

    /// How long a time may be on its way to the guest, in nanoseconds.
    private static let longestWay: Int64 = 500_000_000

    let agent: GuestAgent
    let vm: any RunningVM
    let loop: MainLoop
    let logger: Logger
    var timing = Timing()

    /// Goes on until the agent is lost.
    ///
    /// - Returns: what to tell.
    /// - Throws: `CancellationError`, when nobody wants to know any more.
    func untilLost() async throws -> String {
        var clock = GuestClock()
        await setClock(&clock)
        await reseed()
        while true {
            try await loop.sleep(for: timing.interval)
            let pauses = await vm.pauses
            let lateness = try await answerTime()
            guard let lateness else {
                let silence = timing.tick * timing.patience
                return "the guest agent has not answered for \(silence) although its machine runs"
            }
            // One that took its time may have lost some.
            let isDoubtful = clock.isDoubtful(
                at: .now, pauses: await vm.pauses.count, lookedEvery: timing.interval.nanoseconds)
            if isDoubtful || lateness > 0 || pauses.isPaused { await setClock(&clock) }
        }
    }

    /// How many ticks the agent took to answer; nil if it has not.
    private func answerTime() async throws -> Int? {
        let answer = loop.eventLoop.makePromise(of: Void.self)
        loop.task { [agent] in
            // A refusal is an answer too; the end of the connection is seen elsewhere.
            try? await agent.check()
            answer.succeed()
        }
        var (ticks, silent) = (0, 0)
        while silent < timing.patience {
            do {
                try await loop.withDeadline(timing.tick, "hear from the guest agent") {
                    try await answer.futureResult.get()
                }
                return ticks
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                ticks &+= 1
                if await !vm.pauses.isPaused { silent &+= 1 }
            }
        }
        return nil
    }

    private func setClock(_ clock: inout GuestClock) async {
        for _ in 0..<3 {
            let (now, pauses) = (HostTime.now, await vm.pauses.count)
            let isAnswered = await effort("set the guest's clock") { [agent] in
                try await agent.setClock(now.wall)
            }
            guard isAnswered else { return }
            clock.wasSet(at: now, pauses: pauses)
            // What was long on its way was late.
            if HostTime.now.boot &- now.boot < Self.longestWay { return }
        }
    }

    /// The devices of a machine give it randomness too, but not every kernel has a driver for them.
    private func reseed() async {
        let bytes = (0..<64).map { _ in UInt8.random(in: .min ... .max) }
        _ = await effort("add to the guest's random numbers") { [agent] in try await agent.reseed(bytes) }
    }

    /// Tries what a sandbox can do without.
    ///
    /// - Returns: whether there was an answer; a refusal is one.
    private func effort(_ what: String, _ body: @escaping @Sendable () async throws -> Void) async -> Bool {
        do {
            try await loop.withDeadline(timing.tick * 2, what, body)
            return true
        } catch {
            logger.warning("guest not as it should be", metadata: ["error": "\(error)"])
            return (error as? RuntimeError)?.code != .deadlineExceeded
        }
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
    }
}

import Configuration
import Linux
import RuntimeErrors

/// Boots the guest for a moment, as a sandbox would, to see how far it comes.
struct GuestTrial {
    /// What came of it.
    struct Outcome: Equatable {
        var progress: GuestConsole.Progress
        /// Why it came no further; nil if it came as far as can be seen.
        var failure: String?
        var duration: Duration
    }

    /// How far is far enough.
    var goal: GuestConsole.Progress
    /// The most that it may take.
    var deadline: Duration
    /// How long nothing may be heard of the guest.
    var silence: Duration

    /// How long an agent is waited for that may be another project's: such a one says nothing that is known.
    private static let patience = Duration.seconds(5)

    func run(_ configuration: RuntimeConfiguration, on host: CheckHost) -> Outcome {
        let start = ContinuousClock.now
        var run: ProgramRun
        do {
            run = try TrialMachine(configuration, host).run
        } catch {
            return Outcome(progress: .nothing, failure: "\(error)", duration: .zero)
        }
        run.deadline = deadline
        run.silence = silence
        var firstProgram: ContinuousClock.Instant?
        let outcome = host.programs.run(run) { text in
            let console = GuestConsole(text)
            if console.progress >= .firstProgram, firstProgram == nil { firstProgram = .now }
            if let firstProgram, ContinuousClock.now - firstProgram > Self.patience { return true }
            return console.progress >= goal || console.failure != nil
        }
        let console = GuestConsole(outcome.output)
        return Outcome(
            progress: console.progress, failure: failure(console, outcome),
            duration: ContinuousClock.now - start)
    }

    private func failure(_ console: GuestConsole, _ outcome: ProgramOutcome) -> String? {
        if let line = console.failure { return "the guest said '\(line)'" }
        switch outcome.end {
        case .satisfied: return nil
        case .ended, .notStarted: return "QEMU did not run it: \(outcome.failure)"
        case .timedOut:
            let last = outcome.output.split(whereSeparator: \.isNewline).last ?? ""
            return outcome.output.isEmpty
                ? "nothing was heard of it within \(silence.inSeconds)"
                : "it came no further within \(deadline.inSeconds) than '\(last)'"
        }
    }
}

extension Duration {
    /// Seconds with one decimal, such as `2.9 s`.
    var inSeconds: String {
        let tenths = Int((self / .milliseconds(100)).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}

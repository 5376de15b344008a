package import Linux

/// A program that is run for a moment to see what it says.
package struct ProgramRun: Sendable {
    /// An absolute path.
    package var executable: String
    /// Without the program's name.
    package var arguments: [String]
    /// Descriptors that it inherits from number 3 on; they are borrowed.
    package var descriptors: [SharedDescriptor] = []
    /// What it says is read from here in place of a pipe: the other end of a descriptor that it inherits.
    package var conversation: Conversation?
    /// How long it may take.
    package var deadline: Duration = .seconds(10)
    /// How long it may say nothing at first; nil for as long as the deadline.
    package var silence: Duration?

    /// A pair of connected descriptors: ours, and the program's, which also is its standard output and error.
    package struct Conversation: Sendable {
        package var ours: SharedDescriptor
        package var theirs: SharedDescriptor
    }

    /// The most bytes of output that are kept.
    package static let outputLimit = 256 * 1024

    /// A run of a program with arguments.
    package init(_ executable: String, _ arguments: [String]) {
        self.executable = executable
        self.arguments = arguments
    }
}

/// What came of a run. The program has ended in any case.
package struct ProgramOutcome: Sendable, Equatable {
    /// How it ended.
    package enum End: Sendable, Equatable {
        case ended(ExitStatus)
        /// It had said what was waited for, and was killed.
        case satisfied
        /// Its time was over, or it said too much, and it was killed.
        case timedOut
        /// It could not be started, for this reason.
        case notStarted(String)
    }

    package var end: End
    /// Standard output and error together; bytes that are no UTF-8 are replaced.
    package var output: String

    /// An outcome, as tests state it.
    package init(_ end: End, _ output: String) {
        self.end = end
        self.output = output
    }

    /// Whether the program ended by itself and well.
    var isSuccess: Bool { end == .ended(.exited(0)) }

    /// The output's first line with anything in it.
    var firstLine: String { output.split(whereSeparator: \.isNewline).first.map(String.init) ?? "" }

    /// Its failure, as the rest of a sentence.
    var failure: String {
        let said = output.split(whereSeparator: \.isNewline).suffix(3).joined(separator: " | ")
        let words =
            switch end {
            case .ended(.exited(let code)): "it exited with \(code)"
            case .ended(.signaled(let number)): "signal \(number) ended it"
            case .satisfied: "it was ended"
            case .timedOut: "it did not end in time"
            case .notStarted(let reason): reason
            }
        return said.isEmpty ? words : "\(words) and said '\(said)'"
    }
}

/// Runs programs; in one value, so that tests can answer for programs that misbehave.
package struct Programs: Sendable {
    /// Runs a program until it ends, its time is over, or `isEnough` is true of its output so far, which is asked
    /// at least twice a second.
    package var run: @Sendable (ProgramRun, _ isEnough: (String) -> Bool) -> ProgramOutcome

    /// A runner of any kind.
    package init(run: @escaping @Sendable (ProgramRun, _ isEnough: (String) -> Bool) -> ProgramOutcome) {
        self.run = run
    }

    /// Runs a program to its end.
    func output(_ executable: String, _ arguments: String...) -> ProgramOutcome {
        run(ProgramRun(executable, arguments)) { _ in false }
    }
}

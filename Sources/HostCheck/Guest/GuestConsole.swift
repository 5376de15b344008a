import Logging
import Sandbox

/// What the console of a guest says about how far it has come.
struct GuestConsole: Equatable {
    /// How far.
    enum Progress: Int, Comparable {
        case nothing
        /// The kernel has printed something.
        case kernel
        /// The kernel has started its first program.
        case firstProgram
        /// The agent of this project serves.
        case agent

        static func < (left: Progress, right: Progress) -> Bool { left.rawValue < right.rawValue }
    }

    var progress = Progress.nothing
    /// The line with which the guest gave up: a panic, or the agent's last words.
    var failure: String?

    init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            if line.holds("Linux version ") { advance(to: .kernel) }
            if line.holds(" as init process") { advance(to: .firstProgram) }
            let said = GuestWords(String(line))
            if line.hasPrefix(GuestWords.readyLine) {
                advance(to: .agent)
            } else if said.source == .agent && said.level == .error || line.holds("Kernel panic") {
                failure = failure ?? String(line)
            }
        }
    }

    private mutating func advance(to next: Progress) {
        progress = max(progress, next)
    }
}

/// A machine whose monitor has answered.
package protocol RunningVM: Sendable {
    /// The monitor's process id; also the task's pid that containerd is told.
    var pid: Int32 { get }

    /// Waits for the monitor's end; any number of callers, and after the end too.
    func waitForExit() async -> VMExit

    /// The console's last lines, at most `bytes` bytes of them.
    func consoleTail(bytes: Int) async -> String

    /// Whether the machine stands still, and how often it has.
    var pauses: VMPauses { get async }

    /// Ends the machine in order: asks the monitor to quit, waits up to `grace`, then kills it. Returns when
    /// it is gone. The guest is not asked; whoever wants that talks to the agent first.
    func stop(grace: Duration) async

    /// Kills the monitor at once. Returns before it is gone.
    func kill()
}

/// How the time of a machine goes.
package struct VMPauses: Sendable, Equatable {
    /// Whether its processors stand still now: by a command, or because the monitor itself is stopped.
    package var isPaused: Bool
    /// How often a command has made them stand still.
    package var count: UInt64

    /// Makes a report; see the properties.
    package init(isPaused: Bool, count: UInt64) {
        self.isPaused = isPaused
        self.count = count
    }
}

/// How a monitor ended.
package struct VMExit: Sendable, Equatable {
    /// The process's end.
    package enum Status: Sendable, Equatable {
        /// It exited with a code.
        case exited(Int32)
        /// A signal killed it.
        case signaled(Int32)
    }

    /// The process's end.
    package var status: Status
    /// Why, as far as the monitor's events tell.
    package var reason: Reason
    /// The last part of the monitor's standard error.
    package var standardError: String

    /// Why a machine ended.
    package enum Reason: String, Sendable, Equatable {
        /// `stop` or `kill`.
        case requested
        /// The guest powered itself off.
        case guestShutdown
        /// The guest asked for a reset.
        case guestReset
        /// The guest's kernel panicked.
        case guestPanic
        /// The monitor died without a word, or was ended by others.
        case unexpected
    }

    /// Makes an end.
    package init(status: Status, reason: Reason, standardError: String) {
        self.status = status
        self.reason = reason
        self.standardError = standardError
    }
}

/// What a monitor and its guest said last: the cause of an error.
package struct MonitorOutput: Error, Sendable, Equatable, CustomStringConvertible {
    /// The monitor's standard error, bounded.
    package var standardError: String
    /// The guest console's last lines.
    package var console: String

    /// Makes a cause of the two.
    package init(standardError: String, console: String) {
        self.standardError = standardError
        self.console = console
    }

    /// The most characters of each that a message holds: its last ones.
    private static let longestPart = 2048

    /// Both on one line, so that they survive in a status message; control characters are taken out.
    package var description: String {
        let said = [("monitor", standardError), ("guest console", console)].compactMap { name, text in
            let line = Self.line(text)
            return line.isEmpty ? nil : "\(name) said: \(line.suffix(Self.longestPart))"
        }
        return said.isEmpty ? "neither monitor nor guest said a word" : said.joined(separator: "; ")
    }

    /// A text of others on one line, without control characters.
    package static func line(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).map(printable).filter { !$0.isEmpty }.joined(separator: " | ")
    }

    private static func printable(_ line: Substring) -> String {
        let kept = line.unicodeScalars.filter { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) }
        return String(String.UnicodeScalarView(kept))
    }
}

/// Something that a machine reports while it runs.
package enum VMEvent: Sendable, Equatable {
    /// The guest's kernel panicked.
    case guestPanicked
    /// The machine is going down; `byGuest` when the guest asked for it.
    case shutdown(byGuest: Bool, reason: String)
    /// The guest was reset.
    case reset(byGuest: Bool)
    /// The virtual processors stand still.
    case paused
    /// The virtual processors run again.
    case resumed
    /// A device that was asked to leave has left.
    case deviceRemoved(id: String)
    /// Anything else, by the monitor's own name for it.
    case other(String)
}

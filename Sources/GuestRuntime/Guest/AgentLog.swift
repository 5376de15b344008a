import Glibc
import Linux

/// The agent's log: lines on the machine's console, from which the host takes them.
///
/// A line is `swiftlet-agent: ` and what there is to say; what is graver or lighter than information says so in
/// between.
package struct AgentLog: Sendable {
    /// How grave a line is.
    package enum Level: Int, Sendable {
        case debug
        case information
        case warning
        case error
    }

    /// The least grave level that is written.
    private let least: Level
    private let descriptor: CInt

    /// The most bytes of a line; the host cuts longer ones.
    private static let longestLine = 480

    /// A log on a descriptor that stays open.
    package init(least: Level = .information, descriptor: CInt = 2) {
        self.least = least
        self.descriptor = descriptor
    }

    /// The log of this process: its standard error, or in a service of another init, whose standard error may lead
    /// anywhere, the console itself.
    package static func opened(least: Level = .information) -> AgentLog {
        guard getpid() != 1, getppid() == 1,
            let console = try? openDescriptor("/dev/console", flags: O_WRONLY | O_NOCTTY)
        else { return AgentLog(least: least) }
        return AgentLog(least: least, descriptor: console.release())
    }

    /// Whether lines of this level are written.
    package func writes(_ level: Level) -> Bool {
        level.rawValue >= least.rawValue
    }

    /// Writes one line; what would end it early is replaced.
    package func write(_ level: Level, _ text: String) {
        guard writes(level) else { return }
        let word =
            switch level {
            case .debug: "debug: "
            case .information: ""
            case .warning: "warning: "
            case .error: "error: "
            }
        var line = Array("swiftlet-agent: \(word)\(text)".utf8.prefix(Self.longestLine))
        for index in line.indices where line[index] < 0x20 || line[index] == 0x7f {
            line[index] = UInt8(ascii: " ")
        }
        line.append(UInt8(ascii: "\n"))
        // A console that takes nothing must not stop the agent, and there is nowhere to complain.
        try? writeAll(line, to: descriptor)
    }
}

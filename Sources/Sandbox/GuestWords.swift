package import Logging

/// What a line of the guest's console is: who said it, how grave it is, and the words themselves.
package struct GuestWords: Equatable {
    /// Who wrote the line.
    package enum Source: String {
        /// This project's agent.
        case agent
        /// The kernel, by the time stamp that it puts before its lines.
        case kernel
        /// Firmware, another agent, a program.
        case guest
    }

    package var source: Source
    package var level: Logger.Level
    package var text: String

    /// What stands before the words of this project's agent.
    package static let agentPrefix = "swiftlet-agent: "
    /// How the line begins by which that agent tells that it listens.
    package static let readyLine = agentPrefix + "ready"
    private static let agentLevels: [(word: String, level: Logger.Level)] = [
        ("debug: ", .debug), ("warning: ", .warning), ("error: ", .error),
    ]

    /// Reads a line; what the guest claims about it counts for nothing but this.
    package init(_ line: String, kernelLevel: Logger.Level = .info) {
        if line.hasPrefix(Self.agentPrefix) {
            let said = line.dropFirst(Self.agentPrefix.count)
            let known = Self.agentLevels.first { said.hasPrefix($0.word) }
            self.init(
                .agent, known?.level ?? .info, String(said.dropFirst(known?.word.count ?? 0)))
        } else if let said = Self.withoutTimeStamp(line) {
            self.init(.kernel, kernelLevel, said)
        } else {
            self.init(.guest, .info, line)
        }
    }

    init(_ source: Source, _ level: Logger.Level, _ text: String) {
        self.source = source
        self.level = level
        self.text = text
    }

    /// The words after `[    1.234567] `; nil if the line does not begin so.
    private static func withoutTimeStamp(_ line: String) -> String? {
        let bytes = line.utf8
        guard bytes.first == UInt8(ascii: "["), let end = bytes.prefix(32).firstIndex(of: UInt8(ascii: "]"))
        else { return nil }
        let stamp = bytes[bytes.index(after: bytes.startIndex)..<end].drop { $0 == UInt8(ascii: " ") }
        let parts = stamp.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isTime =
            parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            }
        guard isTime else { return nil }
        return String(line[bytes.index(after: end)...].drop { $0 == " " })
    }
}

import Linux
import Sandbox

/// Open files: virtiofsd has one for each file that a guest knows.
struct OpenFilesProbe: HostProbe {
    /// What a busy container needs; a build of this project opens some thousands.
    private static let few: UInt64 = 8192

    func row(on host: CheckHost) -> CheckRow {
        let limit = ProcessLimits(host).hard("Max open files")
        let found = "at most \(ProcessLimits.words(limit)) for each process"
        guard let limit, limit < Self.few else { return CheckRow("open-files", .ok, found) }
        return CheckRow(
            "open-files", .warning, found,
            advice:
                "raise LimitNOFILE of containerd's service: virtiofsd has one open for each file that a guest knows"
        )
    }
}

/// Locked memory, which only devices that are passed through need.
struct LockedMemoryProbe: HostProbe {
    func row(on host: CheckHost) -> CheckRow {
        let limit = ProcessLimits(host).hard("Max locked memory")
        return CheckRow(
            "locked-memory", .ok, "at most \(ProcessLimits.words(limit, unit: " bytes")); not needed")
    }
}

/// Processes: a sandbox has three, of some ten threads in all.
struct ProcessesProbe: HostProbe {
    private static let few: UInt64 = 4096

    func row(on host: CheckHost) -> CheckRow {
        let kernel = host.number("\(host.roots.proc)/sys/kernel/pid_max").map { UInt64(clamping: $0) }
        let limits = [("kernel.pid_max", kernel), ("LimitNPROC", ProcessLimits(host).hard("Max processes"))]
        let found = limits.map { "\($0.0) \(ProcessLimits.words($0.1))" }.joined(separator: ", ")
        for (name, limit) in limits {
            guard let limit, limit < Self.few else { continue }
            return CheckRow(
                "processes", .warning, found, advice: "raise \(name): each sandbox takes about ten")
        }
        return CheckRow("processes", .ok, found)
    }
}

/// The limits in `/proc/self/limits`.
struct ProcessLimits {
    private let lines: [Substring]

    init(_ host: CheckHost) {
        lines = (host.text("\(host.roots.proc)/self/limits") ?? "").split(separator: "\n")
    }

    /// The hard limit of a line; `ResourceLimit.unlimited` for none, nil if it is not known.
    func hard(_ name: String) -> UInt64? { limit(name, column: 1) }

    /// The soft limit of a line; see ``hard(_:)``.
    func soft(_ name: String) -> UInt64? { limit(name, column: 0) }

    private func limit(_ name: String, column: Int) -> UInt64? {
        guard let line = lines.first(where: { $0.hasPrefix(name) }) else { return nil }
        let words = line.dropFirst(name.count).split(separator: " ")
        guard words.count >= 2 else { return nil }
        return words[column] == "unlimited" ? ResourceLimit.unlimited : UInt64(words[column])
    }

    /// A limit for a sentence.
    static func words(_ limit: UInt64?, unit: String = "") -> String {
        guard let limit else { return "an unknown number" }
        return limit == ResourceLimit.unlimited ? "any number" : "\(limit)\(unit)"
    }
}

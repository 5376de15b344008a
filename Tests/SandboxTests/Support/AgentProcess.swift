import Foundation
import Glibc
import Hypervisor
import Synchronization

/// The built agent as an ordinary process without containers.
final class AgentProcess: Sendable {
    let socket: String
    private let folder: String
    private let process: Process

    /// Whether this process may start one.
    static let isPossible = getuid() == 0

    init() throws {
        folder = "/tmp/swiftlet-agent-\(UInt32.random(in: 0 ... .max))"
        socket = folder + "/socket"
        try FileManager.default.createDirectory(atPath: folder + "/state", withIntermediateDirectories: true)
        process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("swiftlet-agent")
        process.arguments = ["--listen", "unix:\(socket)", "--state", folder + "/state"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    /// Sends the agent a signal; the process that was started only waits for it.
    func signal(_ number: CInt) {
        for pid in children { kill(pid, number) }
    }

    private var children: [pid_t] {
        let pid = process.processIdentifier
        let text = try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
        return (text ?? "").split(separator: " ").compactMap { pid_t($0) }
    }

    func end() {
        signal(SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: folder)
        let name = (folder + "/state").split(separator: "/").joined(separator: "-")
        for root in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] { rmdir("\(root)/\(name)") }
    }
}

/// A machine whose pauses a test makes up. Everything else of it is never asked.
final class PausingVM: RunningVM {
    private let report = Mutex(VMPauses(isPaused: false, count: 0))

    var pid: Int32 { 0 }
    var pauses: VMPauses {
        get async { report.withLock { $0 } }
    }

    func pause(_ isPaused: Bool) {
        report.withLock {
            $0.isPaused = isPaused
            if isPaused { $0.count += 1 }
        }
    }

    func waitForExit() async -> VMExit {
        VMExit(status: .exited(0), reason: .unexpected, standardError: "")
    }
    func consoleTail(bytes: Int) async -> String { "" }
    func stop(grace: Duration) async {}
    func kill() {}
}

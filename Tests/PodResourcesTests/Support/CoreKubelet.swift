import Foundation
import Glibc
import Linux

/// A process that serves the kubelet's API with gRPC's C core; see `grpc_kubelet.py`.
///
/// Nothing of it blocks a thread that tests share: what has to be waited for is looked for again and again.
struct CoreKubelet: Sendable {
    /// What the server does.
    struct Plan: Encodable {
        var level: Int?
        var algorithm: Int?
        var cut: Int?
        var methods: [String: [Step]]
    }

    /// What it does in one call.
    struct Step: Encodable {
        var answer: Data?
        var code: Int?
        var details: String?
        var seconds: Double?
        var dies: String?

        static func answer(_ bytes: [UInt8]) -> Step { Step(answer: Data(bytes)) }
        static func status(_ code: Int, _ details: String) -> Step { Step(code: code, details: details) }
    }

    private let folder: TestFolder
    private let pid: pid_t
    private let pidfd: SharedDescriptor
    /// The server ends when this does, whatever becomes of the test.
    private let lifeline: SharedDescriptor

    var socket: String { "\(folder.path)/kubelet.sock" }

    /// Does something with a server, and stops it.
    ///
    /// - Throws: what `body` throws; `CoreKubelet.Failure` if there is no server within half a minute.
    static func run<Result>(_ plan: Plan, _ body: (CoreKubelet) async throws -> Result) async throws -> Result
    {
        let kubelet = try CoreKubelet(plan)
        do {
            try await kubelet.served()
            let result = try await body(kubelet)
            try await kubelet.stop()
            return result
        } catch {
            try await kubelet.stop()
            throw error
        }
    }

    private init(_ plan: Plan) throws {
        folder = try TestFolder()
        try JSONEncoder().encode(plan).write(to: URL(fileURLWithPath: "\(folder.path)/plan.json"))
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("grpc_kubelet.py").path
        let null = try openDescriptor("/dev/null", flags: O_WRONLY)
        let words = try openDescriptor("\(folder.path)/stderr", flags: O_WRONLY | O_CREAT, mode: 0o600)
        let input = try makePipe()
        lifeline = input.write
        // Debian's own interpreter: it has the module, another one first in PATH would not.
        (pid, pidfd) = try spawn(
            ChildLaunch(
                executable: "/usr/bin/python3", arguments: ["python3", "-B", script, folder.path],
                environment: ["PATH=/usr/bin:/bin", "GRPC_VERBOSITY=ERROR"],
                descriptors: [(input.read.raw, 0), (null.raw, 1), (words.raw, 2)]))
        withExtendedLifetime(input.read) {}
    }

    /// What was asked: methods, and messages in hexadecimal.
    func requests() throws -> [String] {
        let text = try String(contentsOfFile: "\(folder.path)/requests", encoding: .utf8)
        return text.split(separator: "\n").map(String.init)
    }

    /// Whether the relay has cut its connection.
    var hasCut: Bool { FileManager.default.fileExists(atPath: "\(folder.path)/cut") }

    private func served() async throws {
        try await eventually("serve") {
            if let status = try waitid(pid) { throw Failure(why: "it ended (\(status)): \(said)") }
            return FileManager.default.fileExists(atPath: "\(folder.path)/ready")
        }
    }

    private func stop() async throws {
        try? sendSignal(SIGKILL, to: pidfd.raw)
        try await eventually("end") {
            // It was reaped where it ended before it served.
            do throws(Errno) { return try waitid(pid) != nil } catch { return true }
        }
    }

    private func eventually(_ what: String, _ condition: () throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while try !condition() {
            guard ContinuousClock.now < end else {
                throw Failure(why: "it did not \(what) within 30 s: \(said)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private var said: String {
        (try? String(contentsOfFile: "\(folder.path)/stderr", encoding: .utf8)) ?? ""
    }

    struct Failure: Error, CustomStringConvertible {
        let why: String
        var description: String { "can't use a server of gRPC's C core: \(why)" }
    }
}

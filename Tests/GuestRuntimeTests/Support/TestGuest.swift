import AgentProtocol
import Foundation
import Linux
import LoopSupport
import NIOPosix
import TTRPC

/// The built agent as a process of its own, with containers for real, on a root file system made of busybox.
final class TestGuest: Sendable {
    let agent: AgentServiceClient
    let health: HealthClient
    /// The containers' root file system.
    let root: String
    private let client: TTRPCClient
    private let process: Process
    private let folder: String

    /// Whether this process may make containers.
    static let isPossible = getuid() == 0 && access("/bin/busybox", X_OK) == 0

    /// The agent beside the test's own binary.
    static var binary: String {
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/swiftlet-agent"
    }

    private init(environment: [String: String]) async throws {
        folder = "/tmp/swiftlet-guest-\(UInt32.random(in: 0 ... .max))"
        root = folder + "/root"
        try Self.makeRoot(root)
        try FileManager.default.createDirectory(atPath: folder + "/state", withIntermediateDirectories: true)
        process = Process()
        process.executableURL = URL(fileURLWithPath: Self.binary)
        let socket = folder + "/socket"
        process.arguments = ["--listen", "unix:\(socket)", "--state", folder + "/state"]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        // Were the test process to die, an agent that holds its output would keep its caller waiting.
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        client = try await Self.connect(socket)
        agent = AgentServiceClient(client)
        health = HealthClient(client)
    }

    /// Runs `body` with a fresh agent, which is gone afterwards with all it made.
    static func with(
        environment: [String: String] = [:], _ body: (TestGuest) async throws -> Void
    ) async throws {
        let guest = try await TestGuest(environment: environment)
        do {
            try await body(guest)
        } catch {
            await guest.stop()
            throw error
        }
        await guest.stop()
    }

    private func stop() async {
        _ = try? await agent.destroySandbox(AgentDestroySandboxRequest(), timeout: .seconds(20))
        await client.close()
        for _ in 0..<500 where process.isRunning { usleep(10_000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func connect(_ socket: String) async throws -> TTRPCClient {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        var last: (any Error)?
        for _ in 0..<500 {
            do {
                return try await TTRPCClient.connect(unixPath: socket, eventLoop: loop)
            } catch {
                last = error
                usleep(20_000)
            }
        }
        throw last ?? Errno.ETIMEDOUT
    }

    private static func makeRoot(_ root: String) throws {
        let files = FileManager.default
        for name in ["bin", "proc", "sys", "dev", "tmp", "etc", "home/user"] {
            try files.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
        }
        try files.copyItem(atPath: "/bin/busybox", toPath: root + "/bin/busybox")
        for name in [
            "sh", "echo", "cat", "id", "ls", "sleep", "true", "grep", "mkdir", "chmod", "dd", "mknod",
            "readlink",
            "hostname", "stty", "tty", "touch", "pwd", "ps", "head", "wc", "mount", "chroot", "ln", "env",
            "rm", "tr",
        ] {
            try files.linkItem(atPath: root + "/bin/busybox", toPath: "\(root)/bin/\(name)")
        }
        let users = "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n"
        try users.write(toFile: root + "/etc/passwd", atomically: false, encoding: .utf8)
    }
}

/// What a container left behind.
struct Outcome: Sendable {
    var status: Int32
    var output: String
    var errors: String
}

extension TestGuest {
    func create(_ id: String, _ spec: AgentSpec, devices: [AgentDevice] = []) async throws {
        var request = AgentCreateContainerRequest()
        request.containerID = id
        request.execID = id
        request.oci = spec
        request.devices = devices
        _ = try await agent.createContainer(request, timeout: .seconds(60))
    }

    func start(_ id: String) async throws {
        var request = AgentStartContainerRequest()
        request.containerID = id
        _ = try await agent.startContainer(request, timeout: .seconds(60))
    }

    func remove(_ id: String) async throws {
        var request = AgentRemoveContainerRequest()
        request.containerID = id
        _ = try await agent.removeContainer(request, timeout: .seconds(60))
    }

    func wait(_ id: String, _ execID: String? = nil) async throws -> Int32 {
        var request = AgentWaitProcessRequest()
        request.containerID = id
        request.execID = execID ?? id
        return try await agent.waitProcess(request, timeout: .seconds(60)).status
    }

    func signal(_ id: String, _ execID: String, _ number: Int32) async throws {
        var request = AgentSignalProcessRequest()
        request.containerID = id
        request.execID = execID
        request.signal = UInt32(number)
        _ = try await agent.signalProcess(request, timeout: .seconds(60))
    }

    func write(_ id: String, _ execID: String, _ text: String) async throws {
        var request = AgentWriteStreamRequest()
        request.containerID = id
        request.execID = execID
        request.data = Data(text.utf8)
        _ = try await agent.writeStdin(request, timeout: .seconds(60))
    }

    func closeInput(_ id: String, _ execID: String) async throws {
        var request = AgentCloseStdinRequest()
        request.containerID = id
        request.execID = execID
        _ = try await agent.closeStdin(request, timeout: .seconds(60))
    }

    func exec(_ id: String, _ execID: String, _ command: [String], cwd: String = "/") async throws {
        var request = AgentExecProcessRequest()
        request.containerID = id
        request.execID = execID
        request.process.args = command
        request.process.env = ["PATH=/bin"]
        request.process.cwd = cwd
        _ = try await agent.execProcess(request, timeout: .seconds(60))
    }

    /// Reads standard output (or error) to its end.
    func read(_ id: String, _ execID: String? = nil, errors: Bool = false) async throws -> Data {
        var request = AgentReadStreamRequest()
        request.containerID = id
        request.execID = execID ?? id
        request.len = 32768
        var all = Data()
        while true {
            let piece = try await
                (errors
                ? agent.readStderr(request, timeout: .seconds(60))
                : agent.readStdout(request, timeout: .seconds(60))).data
            guard !piece.isEmpty else { return all }
            all += piece
        }
    }

    /// Runs a container from beginning to end.
    func run(_ spec: AgentSpec, id: String = "c") async throws -> Outcome {
        try await create(id, spec)
        try await start(id)
        let output = try await read(id)
        let errors = try await read(id, errors: true)
        let status = try await wait(id)
        try await remove(id)
        return Outcome(
            status: status, output: String(decoding: output, as: UTF8.self),
            errors: String(decoding: errors, as: UTF8.self))
    }

    /// Runs a shell script in a container.
    func shell(_ script: String, _ change: (inout AgentSpec) -> Void = { _ in }) async throws -> Outcome {
        var spec = spec(["sh", "-c", script])
        change(&spec)
        return try await run(spec)
    }
}

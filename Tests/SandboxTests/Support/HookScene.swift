import Configuration
import Foundation
import Glibc
import Linux
import Logging
import LoopSupport
import NIOCore
import NIOPosix
import OCI
import Synchronization

@testable import Sandbox

/// A loop that sees the ends of its children, a network namespace, and a folder for scripts and what they write.
final class HookScene: Sendable {
    let folder: String
    let loop: MainLoop
    let network: NetworkNamespace
    let log = HookLog()
    private let group: MultiThreadedEventLoopGroup

    init() throws {
        folder = NSTemporaryDirectory() + "hooks-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        network = try NetworkNamespace.create()
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        loop = MainLoop(group.next())
    }

    /// Runs `body` on the loop with the hooks, then ends the loop.
    func run<T: Sendable>(
        _ hooks: Hooks, annotations: [String: String] = [:],
        _ body: @escaping @Sendable (HostHooks) async throws -> T
    ) async throws -> T {
        let request = try request(hooks, annotations: annotations)
        return try await run { [network] environment in
            guard let hooks = HostHooks(of: request, in: network, environment) else { throw NoHooks() }
            return try await body(hooks)
        }
    }

    /// Runs `body` on the loop, then ends the loop.
    func run<T: Sendable>(
        _ body: @escaping @Sendable (SandboxEnvironment) async throws -> T
    ) async throws -> T {
        let result = await loop.task { [self] in
            let environment = SandboxEnvironment(
                loop: loop, children: PollingChildren(loop), effects: EffectThread(for: loop),
                roots: HostRoots(prefix: folder), makeMonitor: { _ in throw CancellationError() },
                events: NoEvents(), logger: Logger(label: "test") { [log] _ in log })
            return try await body(environment)
        }.result
        try await group.shutdownGracefully()
        return try result.get()
    }

    /// The request of container `c1` with the hooks, whose bundle is the folder.
    func request(_ hooks: Hooks?, annotations: [String: String] = [:]) throws -> ContainerRequest {
        var spec = Spec(ociVersion: "1.1.0", annotations: annotations)
        spec.hooks = hooks
        let text = "[hypervisor.qemu]\npath = \"/v\"\nkernel = \"/k\"\ninitrd = \"/i\"\n"
        return ContainerRequest(
            id: try ContainerID(parsing: "c1"), bundle: folder, spec: spec, rootfs: [],
            stdio: StdioPaths(stdin: "", stdout: "", stderr: "", terminal: false),
            configuration: try RuntimeConfiguration(texts: [ConfigurationText(name: "test", text: text)]))
    }

    /// A hook that is a shell script; it runs with the folder as its working directory.
    func script(
        _ text: String, args: [String] = [], env: [String] = ["PATH=/usr/bin:/bin"], timeout: Int? = nil
    ) throws -> Hook {
        let path = "\(folder)/\(UUID().uuidString).sh"
        try Data("#!/bin/sh\n\(text)\n".utf8).write(to: URL(fileURLWithPath: path))
        chmod(path, 0o755)
        return Hook(path: path, args: args, env: env, timeout: timeout)
    }

    /// What a script has written.
    func file(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }

    /// Whether the process runs whose number a script has written.
    func runs(_ name: String) throws -> Bool {
        let number = try file(name).trimmingCharacters(in: .whitespacesAndNewlines)
        // Nobody may have reaped it; a zombie does not run.
        guard let stat = try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8) else {
            return false
        }
        return !stat.contains(") Z ")
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }
}

struct NoHooks: Error {}

private struct NoEvents: SandboxEventSink {
    func publish(_ event: SandboxEvent) {}
}

/// Keeps what is logged.
final class HookLog: LogHandler, Sendable {
    private let kept = Mutex<[String]>([])
    var lines: [String] { kept.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        kept.withLock {
            $0.append(
                "\(event.level) \(event.message) \(event.metadata?["error"] ?? event.metadata?["end"] ?? "")")
        }
    }
}

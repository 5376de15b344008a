import AgentClient
import Foundation
import Glibc
import LoopSupport
import NIOCore
import OCI
import RuntimeErrors
import Testing

@testable import Sandbox

@Suite(.timeLimit(.minutes(1)))
struct StdioSinkTests {
    /// Opens the sinks of a process for the length of `body`.
    private func open<T: Sendable>(
        stdout: String, stderr: String = "", terminal: Bool = false, in scene: HookScene,
        _ body: @escaping @Sendable ([GuestOutput: StdioSink]) async throws -> T
    ) async throws -> T {
        let process = GuestProcessID(container: try ContainerID(parsing: "c1"), process: "c1")
        let paths = StdioPaths(stdin: "", stdout: stdout, stderr: stderr, terminal: terminal)
        return try await scene.run { environment in
            let programs = LoggingPrograms()
            let context = StdioContext(
                process: process, namespace: "ns", programs: programs, environment: environment)
            let opened = await environment.loop.task { try await StdioSink.openAll(paths, context) }.result
            guard case .success(let sinks) = opened else {
                // A loop that ends before they have would lose their ends.
                await programs.ended()
                return try await body(opened.get())
            }
            defer { sinks.values.forEach { $0.close() } }
            return try await body(sinks)
        }
    }

    private func failure(_ stdout: String, _ stderr: String = "", in scene: HookScene) async -> RuntimeError?
    {
        await #expect(throws: RuntimeError.self) {
            try await open(stdout: stdout, stderr: stderr, in: scene) { _ in }
        }
    }

    @Test func aFileIsAppendedToByBothStreams() async throws {
        let scene = try HookScene()
        let path = "\(scene.folder)/log"
        let uri = "file://\(path)"
        try Data("before ".utf8).write(to: URL(fileURLWithPath: path))
        try await open(stdout: uri, stderr: uri, in: scene) { sinks in
            try await sinks[.stdout]?.write(ByteBuffer(string: "out "))
            try await sinks[.stderr]?.write(ByteBuffer(string: "err"))
            guard case .file(let one) = sinks[.stdout], case .file(let other) = sinks[.stderr] else {
                Issue.record("no files")
                return
            }
            #expect(one === other)
        }
        #expect(try scene.file("log") == "before out err")
    }

    @Test func aNewFileIsForItsOwnerAndGroup() async throws {
        let scene = try HookScene()
        try await open(stdout: "file://\(scene.folder)/log", in: scene) { _ in }
        var status = stat()
        #expect(stat("\(scene.folder)/log", &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o640)
    }

    @Test func whatIsNoFileIsRefusedWithoutWaiting() async throws {
        let scene = try HookScene()
        #expect(mkfifo("\(scene.folder)/fifo", 0o600) == 0)
        for name in ["fifo", ""] {
            let error = await failure("file://\(scene.folder)/\(name)", in: try HookScene())
            #expect(error?.message.contains("'\(scene.folder)/\(name)'") == true)
        }
        let error = await failure("file://\(scene.folder)/none/log", in: scene)
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("its folder must exist") == true)
    }

    @Test func aTerminalHasOneOutput() async throws {
        let outputs = try await open(stdout: "", stderr: "/no/such", terminal: true, in: HookScene()) {
            Array($0.keys)
        }
        #expect(outputs == [.stdout])
    }

    @Test func nothingStaysOpenAfterAFailure() async throws {
        let scene = try HookScene()
        let logger = try scene.script(
            "exec 5>&-; /bin/cat <&3; /bin/cat <&4; echo ended > \(scene.folder)/end")
        let error = await failure("binary://\(logger.path)", "/no/such/fifo", in: scene)
        #expect(error?.code == .notFound)
        #expect(try scene.file("end") == "ended\n")
    }

    @Test(arguments: [(0, 0), (1000, 1000), (1 << 20, 1 << 20)])
    func whatAReaderHasNotReadIsKnown(_ count: Int, _ unread: Int) async throws {
        let scene = try HookScene()
        let path = "\(scene.folder)/fifo"
        #expect(mkfifo(path, 0o600) == 0)
        let loop = scene.loop
        try await open(stdout: path, in: scene) { sinks in
            let sink = try #require(sinks[.stdout])
            loop.task { try await sink.write(ByteBuffer(repeating: 1, count: count)) }
            try await loop.sleep(for: .milliseconds(50))
            #expect(await sink.unread() == unread)
            guard count > 0 else { return }
            let reader = Glibc.open(path, O_RDONLY | O_NONBLOCK)
            var bytes = [UInt8](repeating: 0, count: 100)
            #expect(read(reader, &bytes, 100) == 100)
            close(reader)
            #expect(await sink.unread() == unread - 100)
        }
    }
}

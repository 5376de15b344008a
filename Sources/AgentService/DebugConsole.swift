package import GuestRuntime
import Linux
package import LoopSupport
import NIOCore
import NIOPosix
import RuntimeErrors

/// A shell of the guest itself, for whoever looks for a fault in it: each connection gets one on a terminal of its
/// own, as bytes in both directions.
package final class DebugConsole: Sendable {
    /// Nobody needs more at once.
    private static let maximumSessions = 4
    /// The most bytes that are on the way in one direction.
    private static let pieceSize = 16 * 1024

    private let loop: MainLoop
    private let log: AgentLog
    private let launcher: String
    private let children: ChildMonitor
    private let sessions: NIOLoopBoundBox<Int>

    /// Makes a console whose shells are started through the agent's binary at `launcher`.
    package init(launcher: String, log: AgentLog, children: ChildMonitor, on loop: MainLoop) {
        self.launcher = launcher
        self.children = children
        self.log = log
        self.loop = loop
        sessions = NIOLoopBoundBox(0, eventLoop: loop.eventLoop)
    }

    /// Listens on a vsock port; only the host may connect.
    package func serve(port: UInt32) async throws {
        _ = try await bootstrap(hostOnly: true)
            .bind(to: VsockAddress(cid: .any, port: .init(Int(port)))).get()
    }

    /// Listens on a Unix socket; for tests.
    package func serve(unixPath path: String) async throws {
        _ = try await bootstrap(hostOnly: false).bind(unixDomainSocketPath: path).get()
    }

    private func bootstrap(hostOnly: Bool) -> ServerBootstrap {
        ServerBootstrap(group: loop.eventLoop)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.pieceSize)
            )
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    if hostOnly { try admitHost(channel) }
                    try channel.pipeline.syncOperations.addHandler(SessionStart(self))
                }
            }
    }

    /// Opens a shell for a connection; its banner is the first that the other side reads.
    fileprivate func open(_ connection: any Channel) async throws {
        guard sessions.value < Self.maximumSessions else {
            throw RuntimeError(
                .resourceExhausted,
                "can't open a shell: \(Self.maximumSessions) are open; end one of them")
        }
        let shell = try DebugShell.find()
        let terminal = try DebugShell.openTerminal()
        let master = terminal.master
        let pid = try withExtendedLifetime(terminal.slave) { slave in
            try spawn(shell.launch(by: launcher, on: slave)).pid
        }
        // What the shell has left running may hold the terminal; its last words are on the way by then.
        children.onExit(of: pid) { [children] _ in
            children.forget(pid)
            connection.eventLoop.scheduleTask(in: .milliseconds(200)) { connection.close(promise: nil) }
        }
        sessions.value += 1
        connection.closeFuture.whenComplete { [sessions] _ in sessions.value -= 1 }
        log.write(.information, "a debug console is open")
        let banner = "swiftlet-agent: a shell of the guest, '\(shell.path)'\r\n"
        try await connection.writeAndFlush(ByteBuffer(string: banner))
        let screen = try await NIOPipeBootstrap(group: loop.eventLoop)
            .channelOption(.autoRead, value: false)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.pieceSize)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteRelay(to: connection))
                }
            }
            .takingOwnershipOfDescriptor(inputOutput: try master.duplicated().release()).get()
        let handlers = connection.pipeline.syncOperations
        try handlers.addHandler(WindowSizeFilter { DebugShell.resize(master, rows: $0, columns: $1) })
        try handlers.addHandler(ByteRelay(to: screen))
        connection.read()
        screen.read()
    }

    /// Starts a session; what fails is the last thing that the other side reads.
    fileprivate func begin(_ connection: any Channel) {
        loop.task { [self] in
            do {
                try await open(connection)
            } catch {
                log.write(.warning, "no debug console: \(error)")
                try? await connection.writeAndFlush(ByteBuffer(string: "swiftlet-agent: \(error)\r\n"))
                connection.close(promise: nil)
            }
        }
    }
}

/// Starts the session when the connection is there.
private final class SessionStart: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let console: DebugConsole

    init(_ console: DebugConsole) {
        self.console = console
    }

    func channelActive(context: ChannelHandlerContext) {
        console.begin(context.channel)
    }
}

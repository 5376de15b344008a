import AgentClient
import Logging
import LoopSupport
import NIOCore

/// Copies one output stream of a process from the guest to its sink.
///
/// The next piece is asked for while the one before is written, so that at most two are in memory. Nobody else waits
/// for a slow reader. What a sink can't take is dropped, with a word in the log: the container must not stop because
/// a disk is full or a logging program has ended.
actor OutputCopy {
    /// How much is read after a process's exit at most to find what it had written itself: more than a pipe holds.
    private static let leftover = 2 << 20

    /// How long output may stand still until nobody waits for it any more.
    private static let standstill = Duration.milliseconds(500)
    /// How long anybody waits for output that moves.
    private static let patience = Duration.seconds(10)

    /// Done when all that the process had written before its exit has been delivered, as far as can be told, and
    /// at the latest at the end of the stream.
    private let settled: EventLoopPromise<Void>
    private let loop: MainLoop
    private let output: GuestOutput
    private let process: GuestProcessID
    private let agent: GuestAgent
    private let logger: Logger
    /// Whether an answer shorter than asked means that nothing more was there. A terminal hands out lines.
    private let shortIsAll: Bool
    private let sink: StdioSink
    private var isClosed = false
    private var hasFailed = false
    private var isWriting = false
    private var delivered: UInt64 = 0
    private var processHasExited = false
    private var deliveredAfterExit = 0
    /// Where it was when nobody waited for it any more.
    private var restingPlace: [UInt64]?

    private struct Piece {
        let bytes: ByteBuffer
        /// It holds the last of what was there after the process's exit.
        let isLast: Bool
    }

    init(
        _ output: GuestOutput, of process: GuestProcessID, to sink: StdioSink, terminal: Bool,
        agent: GuestAgent, _ environment: SandboxEnvironment
    ) {
        (self.output, self.process, self.sink, self.agent) = (output, process, sink, agent)
        shortIsAll = !terminal
        (loop, logger) = (environment.loop, environment.logger)
        settled = environment.loop.eventLoop.makePromise(of: Void.self)
    }

    /// Copies until the stream ends, or the machine or the host's side is gone.
    func run() async {
        do {
            var next = try await read()
            while let piece = next, !isClosed {
                async let following = read()
                await deliver(piece)
                next = try await following
            }
        } catch {
            // The machine or the process is gone; whoever waits for its exit learns it there.
        }
        close()
    }

    /// Waits, after the process's exit, until what it had written is delivered.
    ///
    /// Output that does not move for ``standstill`` ends the wait, because of a reader that does not read or a child
    /// that keeps the stream open; so does one that moves for ``patience``. Copying goes on.
    func drain() async {
        processHasExited = true
        let end = ContinuousClock.now + Self.patience
        let settled = settled.futureResult
        var before = await position()
        while ContinuousClock.now < end {
            let isSettled: Void? = try? await loop.withDeadline(Self.standstill, "deliver the last output") {
                try await settled.get()
            }
            let now = await position()
            if isSettled != nil || now == before { break }
            before = now
        }
        restingPlace = await position()
    }

    /// Closes the host's side, but not while a reader takes what there is.
    func finish() async {
        if let restingPlace, await position() != restingPlace { await drain() }
        close()
    }

    /// Closes the host's side.
    func close() {
        isClosed = true
        sink.close()
        settled.succeed()
    }

    /// How far it has come, in figures that change whenever something moves. What has been written is its reader's,
    /// and the other output may go to the same FIFO.
    private func position() async -> [UInt64] {
        [delivered, isWriting ? UInt64(clamping: await sink.unread()) : 0]
    }

    private func read() async throws -> Piece? {
        let afterExit = processHasExited
        guard let bytes = try await agent.read(output, of: process) else { return nil }
        return Piece(
            bytes: bytes, isLast: afterExit && shortIsAll && bytes.readableBytes < GuestAgent.pieceSize)
    }

    private func deliver(_ piece: Piece) async {
        isWriting = true
        defer { isWriting = false }
        do {
            try await sink.write(piece.bytes)
            hasFailed = false
        } catch {
            if !isClosed, !hasFailed {
                logger.warning(
                    "output dropped", metadata: ["process": "\(process)", "error": "\(error)"])
            }
            hasFailed = true
        }
        delivered &+= 1
        guard processHasExited else { return }
        deliveredAfterExit += piece.bytes.readableBytes
        if piece.isLast || deliveredAfterExit > Self.leftover { settled.succeed() }
    }
}

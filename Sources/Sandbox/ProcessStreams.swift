import AgentClient
import Linux
import LoopSupport
import NIOCore

/// Carries a process's standard streams between the guest agent and the host.
///
/// Back-pressure is the protocol's own: the next piece is asked of the guest only when the host has taken the
/// one before. Nobody else waits for a slow reader.
actor ProcessStreams {
    /// The most that is asked of the agent at once. A guest write of more than 32 KiB stalls a vsock
    /// connection for ever on kernels 6.12 to 7.2.
    static let pieceSize: UInt32 = 32 * 1024

    /// How long a FIFO must be silent to count as empty once its input is to end.
    private static let inputPause = Duration.milliseconds(50)

    private let loop: MainLoop
    private let agent: GuestAgent
    private let process: GuestProcessID
    private let paths: StdioPaths
    private var stdin: PipeReader?
    private var sinks: [GuestOutput: StdioSink] = [:]
    private var copying = 0
    private var isStarted = false
    /// Asked for, perhaps before there is a process to read what is there.
    private var inputIsToEnd = false
    /// Counts pieces of input, coming and gone.
    private var inputProgress: UInt64 = 0
    private var progress: UInt64 = 0
    private let finished: EventLoopPromise<Void>

    /// Opens the host's side of all streams.
    ///
    /// - Throws: an error that names the stream's path; nothing stays open then.
    init(_ paths: StdioPaths, of process: GuestProcessID, agent: GuestAgent, loop: MainLoop) async throws {
        self.loop = loop
        self.agent = agent
        self.process = process
        self.paths = paths
        self.finished = loop.eventLoop.makePromise(of: Void.self)
        do {
            try CrashPoint.pass("streams.stdout")
            sinks[.stdout] = try await StdioSink.open(paths.stdout, on: loop)
            if !paths.terminal { sinks[.stderr] = try await StdioSink.open(paths.stderr, on: loop) }
            try CrashPoint.pass("streams.stdin")
            stdin = try await openStdin(paths.stdin, on: loop)
        } catch {
            for sink in sinks.values { sink.close() }
            finished.succeed()
            throw error
        }
    }

    /// Starts copying; call once, when the process runs.
    func start() {
        for (output, sink) in sinks {
            copying += 1
            loop.task { await self.copy(output, to: sink) }
        }
        if copying == 0 { finished.succeed() }
        isStarted = true
        if let stdin {
            loop.task { await self.feed(from: stdin) }
            if inputIsToEnd { closeInput() }
        } else {
            loop.task { [agent, process] in try? await agent.closeStdin(of: process) }
        }
    }

    /// Waits, after the process's exit, until its output is delivered, or nothing has moved for `idle`.
    ///
    /// A reader that does not read, or a child that keeps the stream open, ends the wait; copying goes on.
    func drain(idle: Duration) async {
        while true {
            let before = progress
            let done = finished.futureResult
            do {
                try await loop.withDeadline(idle, "deliver the last output") { try await done.get() }
                return
            } catch  where progress != before {
                continue
            } catch {
                return
            }
        }
    }

    /// Ends the input: the process reads what its writer has written so far, and then an end of file.
    ///
    /// Does not wait for that. The FIFO is closed once nothing more has come from it for a moment: its writer
    /// may have gone already, or keep it open for ever.
    func closeInput() {
        guard let stdin else { return }
        inputIsToEnd = true
        guard isStarted else { return }
        loop.task {
            var before = await self.inputProgress
            while true {
                try await self.loop.sleep(for: Self.inputPause)
                let now = await self.inputProgress
                if now == before { break }
                before = now
            }
            stdin.close()
        }
    }

    /// Closes the host's side of everything.
    func close() {
        stdin?.close()
        for sink in sinks.values { sink.close() }
        finished.succeed()
    }

    private func copy(_ output: GuestOutput, to sink: StdioSink) async {
        do {
            while let piece = try await agent.read(output, of: process, upTo: Self.pieceSize) {
                progress &+= 1
                try await sink.write(piece)
                progress &+= 1
            }
        } catch {
            // The machine, the reader or the process is gone; whoever waits for its exit learns it there.
        }
        sink.close()
        copying -= 1
        if copying == 0 { finished.succeed() }
    }

    private func feed(from stdin: PipeReader) async {
        do {
            while var piece = try await stdin.next() {
                inputProgress &+= 1
                while piece.readableBytes > 0 {
                    let taken = try await agent.write(piece, toStdinOf: process)
                    guard taken > 0 else { return stdin.close() }
                    piece.moveReaderIndex(forwardBy: min(taken, piece.readableBytes))
                    inputProgress &+= 1
                }
            }
            try await agent.closeStdin(of: process)
        } catch {
            // The process no longer reads; so do we.
        }
        stdin.close()
    }
}

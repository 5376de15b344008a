import AgentClient
import Glibc
import Linux
import LoopSupport
import NIOCore
import RuntimeErrors

/// Copies the standard input of a process from a FIFO on the host to the guest.
///
/// A writing end of its own keeps the FIFO open while its writers come and go, a restarted containerd among them;
/// the input ends when containerd closes it.
actor InputCopy {
    /// How long a FIFO must be silent to count as empty once its input is to end: a writer may keep it open for ever.
    private static let pause = Duration.milliseconds(50)

    private let loop: MainLoop
    private let agent: GuestAgent
    private let process: GuestProcessID
    private let reader: PipeReader
    private var holder: OwnedDescriptor?
    private var isToEnd = false
    /// Counts the times that it began to wait for input; nil while it does not.
    private var waiting: UInt64?
    private var waits: UInt64 = 0

    /// Opens the FIFO, without ever waiting for a writer; nil when there is no input.
    ///
    /// - Throws: an error that names the FIFO.
    static func open(
        _ uri: String, of process: GuestProcessID, agent: GuestAgent, on loop: MainLoop
    ) async throws -> InputCopy? {
        switch try StdioTarget(uri) {
        case .none: return nil
        case .fifo(let path):
            let descriptor = try openFIFO(path, O_RDONLY)
            let holder = try openFIFO(path, O_WRONLY)
            let reader = try await PipeReader.open(
                descriptor.release(), maximumPiece: 32 * 1024, on: loop)
            return InputCopy(reader, holder: holder, of: process, agent: agent, on: loop)
        case .file(let path):
            throw Self.noFIFO(path)
        case .program(let program):
            throw Self.noFIFO(program.path)
        }
    }

    private init(
        _ reader: PipeReader, holder: consuming OwnedDescriptor, of process: GuestProcessID,
        agent: GuestAgent, on loop: MainLoop
    ) {
        (self.reader, self.process, self.agent, self.loop) = (reader, process, agent, loop)
        self.holder = consume holder
    }

    /// Copies until the input ends or the process no longer reads.
    func run() async {
        do {
            while var piece = try await next() {
                while piece.readableBytes > 0 {
                    let taken = try await agent.write(piece, toStdinOf: process)
                    guard taken > 0 else { return close() }
                    piece.moveReaderIndex(forwardBy: min(taken, piece.readableBytes))
                }
            }
            try await agent.closeStdin(of: process)
        } catch {
            // The process no longer reads; so do we.
        }
        close()
    }

    /// Ends the input: the process reads what its writers have written so far, and then an end of file.
    ///
    /// Does not wait for that.
    func end() {
        isToEnd = true
        holder = nil
        if let waiting { closeWhenSilent(waiting) }
    }

    /// Closes the host's side.
    func close() {
        holder = nil
        reader.close()
    }

    private func next() async throws -> ByteBuffer? {
        waits &+= 1
        waiting = waits
        defer { waiting = nil }
        if isToEnd { closeWhenSilent(waits) }
        return try await reader.next()
    }

    /// Closes the FIFO if the wait of this number goes on and on.
    private func closeWhenSilent(_ wait: UInt64) {
        loop.task {
            try await self.loop.sleep(for: Self.pause)
            if await self.waiting == wait { self.reader.close() }
        }
    }

    private static func noFIFO(_ path: String) -> RuntimeError {
        RuntimeError(
            .invalidArgument,
            "can't read standard input from '\(path)': only a FIFO can be; pass a FIFO")
    }
}

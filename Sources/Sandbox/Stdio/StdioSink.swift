import AgentClient
import Glibc
import Linux
import LoopSupport
import NIOCore
import RuntimeErrors

/// Where one output stream of a process goes on the host.
enum StdioSink: Sendable {
    /// Nobody asked for it; what comes is dropped.
    case discard
    /// A FIFO that containerd or its client reads.
    case fifo(PipeWriter)
    /// A file, appended to.
    case file(OutputFile)
    /// A program, by way of a pipe.
    case program(LoggingProcess, PipeWriter, GuestOutput)

    /// Takes all of `bytes`; a FIFO or program that does not read suspends the caller.
    func write(_ bytes: ByteBuffer) async throws {
        switch self {
        case .discard: return
        case .fifo(let writer), .program(_, let writer, _): try await writer.write(bytes)
        case .file(let file): try await file.append(bytes)
        }
    }

    /// How much its reader has yet to read, as far as that can be known. It changes when the reader reads.
    func unread() async -> Int {
        switch self {
        case .discard, .file: return 0
        case .fifo(let writer), .program(_, let writer, _): return await writer.unread()
        }
    }

    /// Closes the stream's host side; a suspended write fails. A program is then to end.
    func close() {
        switch self {
        case .discard, .file: return
        case .fifo(let writer): writer.close()
        case .program(let logging, let writer, let output):
            writer.close()
            logging.close(output)
        }
    }
}

/// A file that output is appended to; one for both streams when they name the same.
final class OutputFile: Sendable {
    /// How long the disk may take for one piece.
    private static let limit = Duration.seconds(60)

    private let path: String
    private let descriptor: SharedDescriptor
    private let effects: EffectThread

    /// Opens the file, and makes it if need be; never waits for another side.
    ///
    /// - Throws: `RuntimeError` with the path: no folder, or neither a regular file nor a character device.
    init(_ path: String, effects: EffectThread) throws {
        self.path = path
        self.effects = effects
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY
        do throws(Errno) {
            descriptor = try openDescriptor(path, flags: flags, mode: 0o640).shared()
        } catch {
            throw RuntimeError(
                error == .ENOENT ? .notFound : .failedPrecondition,
                "can't open '\(path)' for output; its folder must exist, and it must be a file", cause: error
            )
        }
        var status = stat()
        guard fstat(descriptor.raw, &status) == 0, [S_IFREG, S_IFCHR].contains(status.st_mode & S_IFMT) else {
            throw RuntimeError(
                .invalidArgument, "can't open '\(path)' for output: it is not a file; pass a FIFO as its path"
            )
        }
    }

    /// Appends all of `bytes`, on the thread for what may block.
    func append(_ bytes: ByteBuffer) async throws {
        let descriptor = descriptor
        let what = "write to '\(path)'"
        try await effects.run(what, deadline: Self.limit) {
            try bytes.withUnsafeReadableBytes { buffer in
                var rest = buffer[...]
                while !rest.isEmpty {
                    let count = write(
                        descriptor.raw, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    guard count > 0 else {
                        if errno == EINTR { continue }
                        throw RuntimeError(.unavailable, "can't \(what)", cause: Errno.current)
                    }
                    rest = rest.dropFirst(count)
                }
            }
        }
    }
}

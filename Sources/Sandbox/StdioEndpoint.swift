import Glibc
package import Linux
package import LoopSupport
package import NIOCore
import RuntimeErrors

/// Where one output stream of a process goes on the host.
package enum StdioSink: Sendable {
    /// Nobody asked for it; what comes is dropped.
    case discard
    /// A FIFO that containerd or its client reads.
    case fifo(PipeWriter)
    /// A regular file, appended to.
    case file(SharedDescriptor)

    /// Opens the sink that `uri` names: empty, a path, `fifo://PATH` or `file://PATH`.
    ///
    /// A FIFO is opened for reading too, so that neither opening it nor writing to it depends on a reader
    /// that comes late, leaves or never comes.
    package static func open(_ uri: String, on loop: MainLoop) async throws -> StdioSink {
        switch try StdioTarget(uri) {
        case .none: return .discard
        case .fifo(let path):
            let descriptor = try openFIFO(path, O_RDWR)
            return .fifo(try await PipeWriter.open(descriptor, on: loop))
        case .file(let path):
            let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
            guard descriptor >= 0 else { throw cannotOpen(path) }
            return .file(SharedDescriptor(owning: descriptor))
        }
    }

    /// Writes all of `bytes`; a FIFO whose reader does not read suspends the caller.
    package func write(_ bytes: ByteBuffer) async throws {
        switch self {
        case .discard: return
        case .fifo(let writer): try await writer.write(bytes)
        case .file(let descriptor):
            try bytes.withUnsafeReadableBytes { buffer in
                var rest = buffer[...]
                while !rest.isEmpty {
                    let count = Glibc.write(
                        descriptor.raw, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    guard count > 0 else {
                        if errno == EINTR { continue }
                        throw RuntimeError(
                            .unavailable, "can't write a container's output; free space on its disk",
                            cause: Errno(rawValue: errno))
                    }
                    rest = rest.dropFirst(count)
                }
            }
        }
    }

    /// Closes the stream's host side; a suspended write fails.
    package func close() {
        if case .fifo(let writer) = self { writer.close() }
    }
}

/// Opens the FIFO or file that a process's standard input comes from; nil when there is none.
///
/// The read side is opened without waiting for a writer.
package func openStdin(_ uri: String, on loop: MainLoop) async throws -> PipeReader? {
    switch try StdioTarget(uri) {
    case .none: return nil
    case .fifo(let path):
        return try await PipeReader.open(try openFIFO(path, O_RDONLY), maximumPiece: 32 * 1024, on: loop)
    case .file(let path):
        throw RuntimeError(
            .invalidArgument, "can't read standard input from file '\(path)': only a FIFO can be; pass a FIFO"
        )
    }
}

/// A parsed stdio URI.
package enum StdioTarget: Equatable, Sendable {
    case none
    case fifo(String)
    case file(String)

    /// - Throws: `unimplemented` for a scheme that is not served, naming it.
    package init(_ uri: String) throws {
        guard !uri.isEmpty else {
            self = .none
            return
        }
        guard !uri.utf8.contains(0) else {
            throw RuntimeError(
                .invalidArgument, "can't open standard streams: their path holds a NUL byte; remove it")
        }
        guard let colon = uri.range(of: "://") else {
            self = .fifo(uri)
            return
        }
        let path = String(uri[colon.upperBound...])
        switch uri[..<colon.lowerBound] {
        case "fifo": self = .fifo(path)
        case "file": self = .file(path)
        case let scheme:
            throw RuntimeError(
                .unimplemented,
                "can't open standard streams at '\(uri)': scheme '\(scheme)' is not served; use a FIFO or file://"
            )
        }
    }
}

extension String {
    /// The range of the first occurrence of `needle`.
    fileprivate func range(of needle: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(needle) { return start..<index(start, offsetBy: needle.count) }
            start = index(after: start)
        }
        return nil
    }
}

/// Opens a FIFO or character device, refusing anything else, without ever waiting for the other side.
private func openFIFO(_ path: String, _ mode: CInt) throws -> CInt {
    let descriptor = Glibc.open(path, mode | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw cannotOpen(path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, [S_IFIFO, S_IFCHR].contains(status.st_mode & S_IFMT) else {
        Glibc.close(descriptor)
        throw RuntimeError(
            .invalidArgument, "can't use '\(path)' as a standard stream: it is not a FIFO; pass a FIFO")
    }
    return descriptor
}

private func cannotOpen(_ path: String) -> RuntimeError {
    let error = Errno(rawValue: errno)
    return RuntimeError(
        error == .ENOENT ? .notFound : .unavailable,
        "can't open standard stream '\(path)'; create it before the container", cause: error)
}

import AgentClient
import Glibc
import Linux
import LoopSupport
import RuntimeErrors

/// What opening a process's streams takes beside their paths.
struct StdioContext: Sendable {
    let process: GuestProcessID
    /// containerd's namespace, for logging programs.
    let namespace: String
    let programs: LoggingPrograms
    let environment: SandboxEnvironment
}

extension StdioSink {
    /// Opens the sinks of both outputs, of standard output alone with a terminal. A file or program that both name
    /// is opened or started once.
    ///
    /// - Throws: an error that names what could not be opened; nothing stays open then.
    static func openAll(_ paths: StdioPaths, _ context: StdioContext) async throws -> [GuestOutput: StdioSink]
    {
        var wanted: [(output: GuestOutput, uri: String)] = [(.stdout, paths.stdout)]
        if !paths.terminal { wanted.append((.stderr, paths.stderr)) }
        var sinks: [GuestOutput: StdioSink] = [:]
        do {
            while let (output, uri) = wanted.first {
                var outputs: Set = [output]
                let target = try StdioTarget(uri)
                if target.isShared { outputs.formUnion(wanted.filter { $0.uri == uri }.map(\.output)) }
                wanted.removeAll { outputs.contains($0.output) }
                sinks.merge(try await open(target, for: outputs, context)) { $1 }
            }
            return sinks
        } catch {
            for sink in sinks.values { sink.close() }
            throw error
        }
    }

    private static func open(
        _ target: StdioTarget, for outputs: Set<GuestOutput>, _ context: StdioContext
    ) async throws -> [GuestOutput: StdioSink] {
        let environment = context.environment
        switch target {
        case .none:
            return outputs.all(.discard)
        case .file(let path):
            return outputs.all(.file(try OutputFile(path, effects: environment.effects)))
        case .fifo(let path):
            // Opened for reading too, so that neither opening nor writing depends on a reader that comes late,
            // leaves or never comes.
            let descriptor = try openFIFO(path, O_RDWR)
            return outputs.all(.fifo(try await PipeWriter.open(descriptor.release(), on: environment.loop)))
        case .program(let program):
            let (logging, writers) = try await context.programs.start(
                program, of: context.process, namespace: context.namespace, outputs: outputs, environment)
            return writers.reduce(into: [:]) { $0[$1.key] = .program(logging, $1.value, $1.key) }
        }
    }
}

extension StdioTarget {
    /// Whether two streams of the same name are one thing on the host.
    fileprivate var isShared: Bool {
        switch self {
        case .none, .fifo: false
        case .file, .program: true
        }
    }
}

extension Set<GuestOutput> {
    fileprivate func all(_ sink: StdioSink) -> [GuestOutput: StdioSink] {
        reduce(into: [:]) { $0[$1] = sink }
    }
}

/// Opens a FIFO or character device, refusing anything else, without ever waiting for the other side.
func openFIFO(_ path: String, _ mode: CInt) throws -> OwnedDescriptor {
    let descriptor: OwnedDescriptor
    do throws(Errno) {
        descriptor = try openDescriptor(path, flags: mode | O_NONBLOCK | O_NOCTTY)
    } catch {
        throw RuntimeError(
            error == .ENOENT ? .notFound : .unavailable,
            "can't open standard stream '\(path)'; create it before the container", cause: error)
    }
    var status = stat()
    guard fstat(descriptor.raw, &status) == 0, [S_IFIFO, S_IFCHR].contains(status.st_mode & S_IFMT) else {
        throw RuntimeError(
            .invalidArgument, "can't use '\(path)' as a standard stream: it is not a FIFO; pass a FIFO")
    }
    return descriptor
}

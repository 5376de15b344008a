import CLinux
import Glibc
import GuestRuntime
import Linux
import LoopSupport
import NIOCore
import RuntimeErrors

/// One process of a container with its streams.
final class ContainerProcess: Sendable {
    /// Its id within the container.
    let id: String
    let launched: LaunchedProcess
    private let input: PipeWriter
    private let output: Output
    /// Absent with a terminal, which mixes both.
    private let errors: Output?
    private let terminal: SharedDescriptor?

    private init(
        id: String, _ launched: LaunchedProcess, input: PipeWriter, output: Output, errors: Output?,
        terminal: SharedDescriptor?
    ) {
        self.id = id
        self.launched = launched
        self.input = input
        self.output = output
        self.errors = errors
        self.terminal = terminal
    }

    /// Takes a prepared process over, with the agent's ends of its streams or its terminal.
    static func adopt(
        _ id: String, _ launched: LaunchedProcess, _ streams: ProcessStreams, _ terminal: SharedDescriptor?,
        on loop: MainLoop
    ) async throws -> ContainerProcess {
        if let terminal {
            let output = try await open(try terminal.duplicated(), on: loop)
            let input = try await PipeWriter.open(try terminal.duplicated().release(), on: loop)
            return ContainerProcess(
                id: id, launched, input: input, output: output, errors: nil, terminal: terminal)
        }
        let output = try await open(try streams.output.duplicated(), on: loop)
        let errors = try await open(try streams.errors.duplicated(), on: loop)
        let input = try await PipeWriter.open(try streams.input.duplicated().release(), on: loop)
        return ContainerProcess(id: id, launched, input: input, output: output, errors: errors, terminal: nil)
    }

    private static func open(_ descriptor: consuming OwnedDescriptor, on loop: MainLoop) async throws
        -> Output
    {
        Output(try await PipeReader.open(descriptor.release(), maximumPiece: Output.maximumPiece, on: loop))
    }

    /// The next bytes of standard output; nil at its end.
    func readOutput(_ count: Int) async throws -> ByteBuffer? {
        try await output.read(count)
    }

    /// The next bytes of standard error; nil at its end, and always with a terminal.
    func readErrors(_ count: Int) async throws -> ByteBuffer? {
        try await errors?.read(count)
    }

    /// Writes to standard input; suspends as long as the process does not read.
    func write(_ bytes: ByteBuffer) async throws {
        do {
            try await input.write(bytes)
        } catch {
            throw RuntimeError(
                .failedPrecondition, "can't write to the process '\(id)': its input is closed", cause: error)
        }
    }

    /// Ends standard input. A terminal has no end of its own: programs there are told by a control character.
    func closeInput() {
        if terminal == nil { input.close() }
    }

    /// Sets the size of its terminal.
    func resize(rows: UInt32, columns: UInt32) throws {
        guard let terminal else {
            throw RuntimeError(.failedPrecondition, "can't resize: the process '\(id)' has no terminal")
        }
        do {
            try checked(
                CLinux_terminal_resize(terminal.raw, UInt16(clamping: rows), UInt16(clamping: columns)))
        } catch {
            throw RuntimeError(error, "can't resize the terminal of the process '\(id)'")
        }
    }

    /// Sends it a signal.
    func signal(_ number: CInt) throws {
        do {
            try sendSignal(number, to: launched.pidfd.raw)
        } catch {
            throw RuntimeError(error, "can't send signal \(number) to the process '\(id)'")
        }
    }

    /// Lets go of the streams.
    func close() {
        input.close()
        output.close()
        errors?.close()
    }
}

/// The pipes of one process.
struct ProcessStreams: Sendable {
    /// The agent's ends.
    let input: SharedDescriptor
    let output: SharedDescriptor
    let errors: SharedDescriptor
    /// The process's ends, in the order of their numbers.
    let theirs: [SharedDescriptor]

    init() throws {
        do {
            let (inputRead, inputWrite) = try makePipe()
            let (outputRead, outputWrite) = try makePipe()
            let (errorsRead, errorsWrite) = try makePipe()
            (input, output, errors) = (inputWrite, outputRead, errorsRead)
            theirs = [inputRead, outputWrite, errorsWrite]
            // Fewer and larger answers to the host. Where the kernel gives less it only takes longer.
            for pipe in [output, errors] { try? setPipeCapacity(of: pipe.raw, to: Output.maximumPiece) }
        } catch {
            throw RuntimeError(error, "can't make pipes for a process")
        }
    }
}

import AgentClient
import Linux
import LoopSupport
import NIOCore

/// Carries a process's standard streams between the guest agent and the host.
actor ProcessStreams {
    private let loop: MainLoop
    private let agent: GuestAgent
    private let process: GuestProcessID
    private let input: InputCopy?
    private let outputs: [OutputCopy]
    private var isStarted = false
    private var copying: [Task<Void, any Error>] = []
    /// Asked for, perhaps before there is a process to read what is there.
    private var inputIsToEnd = false

    /// Opens the host's side of all streams.
    ///
    /// - Throws: an error that names the stream's path; nothing stays open then.
    init(_ paths: StdioPaths, agent: GuestAgent, _ context: StdioContext) async throws {
        loop = context.environment.loop
        process = context.process
        self.agent = agent
        try CrashPoint.pass("streams.stdout")
        let sinks = try await StdioSink.openAll(paths, context)
        outputs = sinks.map { output, sink in
            OutputCopy(
                output, of: context.process, to: sink, terminal: paths.terminal, agent: agent,
                context.environment)
        }
        do {
            try CrashPoint.pass("streams.stdin")
            input = try await InputCopy.open(paths.stdin, of: process, agent: agent, on: loop)
        } catch {
            for output in outputs { await output.close() }
            throw error
        }
    }

    /// Starts copying; call once, when the process runs.
    func start() {
        isStarted = true
        copying = outputs.map { output in loop.task { await output.run() } }
        if let input {
            copying.append(loop.task { await input.run() })
            if inputIsToEnd { closeInput() }
        } else {
            loop.task { [agent, process] in try? await agent.closeStdin(of: process) }
        }
    }

    /// Waits, after the process's exit, until what it had written is delivered; see ``OutputCopy/drain()``.
    func drain() async {
        guard isStarted else { return }
        await each { await $0.drain() }
    }

    /// Ends the input: the process reads what its writer has written so far, and then an end of file.
    ///
    /// Does not wait for that.
    func closeInput() {
        inputIsToEnd = true
        guard isStarted, let input else { return }
        loop.task { await input.end() }
    }

    /// Closes the host's side of everything, but not while a reader takes what there is.
    func finish() async {
        await each { await $0.finish() }
        await close()
    }

    /// Closes the host's side of everything.
    func close() async {
        await input?.close()
        for output in outputs { await output.close() }
        // Calls to the guest that nobody needs an answer of are given up.
        for copy in copying { copy.cancel() }
        copying = []
    }

    /// Does something with all outputs at once.
    private func each(_ body: @escaping @Sendable (OutputCopy) async -> Void) async {
        for work in outputs.map({ output in loop.task { await body(output) } }) { _ = await work.result }
    }
}

import AgentService
import Glibc
import GuestRuntime
import LoopSupport
import RuntimeErrors

/// The agent: process 1 of a virtual machine, or for tests a process in namespaces of its own.
enum AgentProgram {
    private enum Mode {
        case machine
        case test(socket: String, state: String)
    }

    static func main(_ arguments: [String]) -> Int32 {
        do {
            // A process that has closed its input is no reason to die.
            signal(SIGPIPE, SIG_IGN)
            try serve(try mode(arguments))
            return 0
        } catch {
            say("\(error)")
            // A machine without its agent is of no use; the line above is its last word.
            if getpid() == 1, arguments.count <= 1 { try? Machine.powerOff() }
            return 1
        }
    }

    private static func mode(_ arguments: [String]) throws -> Mode {
        let usage = RuntimeError(
            .invalidArgument,
            "can't start the agent: it is process 1 of a virtual machine; to test it, give --listen unix:SOCKET "
                + "--state FOLDER")
        if arguments.count <= 1 || getpid() == 1 {
            guard getpid() == 1 else { throw usage }
            return .machine
        }
        guard arguments.count == 5, arguments[1] == "--listen", arguments[2].hasPrefix("unix:"),
            arguments[3] == "--state"
        else { throw usage }
        return .test(socket: String(arguments[2].dropFirst(5)), state: arguments[4])
    }

    private static func serve(_ mode: Mode) throws {
        let surroundings: Surroundings
        switch mode {
        case .machine: surroundings = try Machine.setUp()
        case .test(_, let state): surroundings = try TestProcess.isolate(state: state)
        }
        try MainLoop.run { loop in
            let children = try await ChildMonitor.start(on: loop, adoptsOrphans: true)
            let agent = try await Agent(surroundings, on: loop, children: children)
            let server = AgentServer(agent, on: loop)
            switch mode {
            case .machine: try await server.serve(port: KernelArguments.current().port)
            case .test(let socket, _): try await server.serve(unixPath: socket)
            }
            say("ready")
            try await agent.waitUntilFinished()
            await server.shutdown()
        }
        switch mode {
        case .machine: try Machine.powerOff()
        case .test: TestProcess.tearDown(surroundings)
        }
    }

    /// Writes one line to the console.
    private static func say(_ text: String) {
        let line = "swiftlet-agent: \(text)\n"
        _ = line.withCString { write(2, $0, strlen($0)) }
    }
}

import AgentService
import Glibc
import GuestRuntime
import LoopSupport
import RuntimeErrors

/// The agent: process 1 of a virtual machine or a service of its init, or for tests a process in namespaces of its
/// own.
enum AgentProgram {
    private enum Mode {
        case machine
        case test(socket: String, state: String)
    }

    static func main(_ arguments: [String]) -> Int32 {
        if DebugShellProgram.isMeant(by: arguments) { return DebugShellProgram.main(arguments) }
        do {
            // A process that has closed its input is no reason to die.
            signal(SIGPIPE, SIG_IGN)
            try serve(try mode(arguments))
            return 0
        } catch {
            AgentLog.opened().write(.error, "\(error)")
            // A machine without its agent is of no use; the line above is its last word.
            if getpid() == 1, arguments.count <= 1 { try? Machine.powerOff() }
            return 1
        }
    }

    private static func mode(_ arguments: [String]) throws -> Mode {
        if getpid() == 1 || (arguments.count <= 1 && Machine.isOwn) { return .machine }
        guard arguments.count == 5, arguments[1] == "--listen", arguments[2].hasPrefix("unix:"),
            arguments[3] == "--state"
        else {
            throw RuntimeError(
                .invalidArgument,
                "can't start the agent: it is process 1 of a virtual machine or a service of its init; to test it, "
                    + "give --listen unix:SOCKET --state FOLDER")
        }
        return .test(socket: String(arguments[2].dropFirst(5)), state: arguments[4])
    }

    private static func serve(_ mode: Mode) throws {
        let arguments = KernelArguments.current()
        let surroundings: Surroundings
        switch mode {
        case .machine:
            if FirstStage.isMeant(by: arguments) { try FirstStage.run(arguments) }
            surroundings = try Machine.setUp()
        case .test(_, let state): surroundings = try TestProcess.isolate(state: state)
        }
        let log = AgentLog.opened(least: arguments.isDebugging ? .debug : .information)
        try MainLoop.run { loop in
            let children = try await ChildMonitor.start(on: loop, adoptsOrphans: true)
            let devices = DeviceSettings(arguments, roots: surroundings.roots, isAlone: surroundings.isAlone)
            let agent = try await Agent(surroundings, devices, log: log, on: loop, children: children)
            let server = AgentServer(agent, on: loop)
            switch mode {
            case .machine:
                if let port = arguments.debugConsolePort {
                    let console = DebugConsole(
                        launcher: surroundings.launcher, log: log, children: children, on: loop)
                    try await console.serve(port: port)
                }
                try await server.serve(port: arguments.port)
            case .test(let socket, _): try await server.serve(unixPath: socket)
            }
            log.write(.information, "ready")
            try await agent.waitUntilFinished()
            await server.shutdown()
        }
        switch mode {
        case .machine: try Machine.powerOff()
        case .test: TestProcess.tearDown(surroundings)
        }
    }
}

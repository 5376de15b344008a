package import ContainerdProtocol
import Configuration
import Glibc
package import Logging
package import LoopSupport
import OCI
import RuntimeErrors
package import Sandbox
package import SwiftProtobuf
package import TTRPC

/// The Task API, version 2 and 3: wire to values, one call of the sandbox, values to wire.
package struct TaskHandler: TaskService {
    let sandbox: PodSandbox
    let loop: MainLoop
    let logger: Logger
    let departure: Departure

    /// Makes the service of one sandbox.
    package init(
        sandbox: PodSandbox, loop: MainLoop, logger: Logger, departure: Departure
    ) {
        self.sandbox = sandbox
        self.loop = loop
        self.logger = logger
        self.departure = departure
    }

    package func create(_ request: CreateTaskRequest, _ context: CallContext) async throws
        -> CreateTaskResponse
    {
        try await serve("create", request.id) {
            guard request.checkpoint.isEmpty, request.parentCheckpoint.isEmpty else {
                throw RuntimeError(
                    .unimplemented,
                    "can't create container '\(request.id)' from a checkpoint: virtual machines have none; create it anew"
                )
            }
            var container = try ContainerRequest(request)
            if container.configuration.debug { logEverything() }
            // Whoever asks for more words wants those of the guest's agent too.
            if logger.logLevel <= .debug { container.configuration.agentDebug = true }
            var response = CreateTaskResponse()
            do {
                response.pid = try await sandbox.create(container)
            } catch {
                await departure.consider()
                throw error
            }
            departure.created()
            return response
        }
    }

    package func start(_ request: StartRequest, _ context: CallContext) async throws -> StartResponse {
        try await serve("start", request.id, request.execID) {
            var response = StartResponse()
            response.pid = try await sandbox.start(
                ContainerID(parsing: request.id), ExecID(optional: request.execID))
            return response
        }
    }

    package func delete(_ request: DeleteRequest, _ context: CallContext) async throws -> DeleteResponse {
        try await serve("delete", request.id, request.execID) {
            let (pid, exit) = try await sandbox.delete(
                ContainerID(parsing: request.id), ExecID(optional: request.execID))
            var response = DeleteResponse()
            response.pid = pid
            response.exitStatus = exit.status
            response.exitedAt = Google_Protobuf_Timestamp(exit)
            await departure.consider()
            return response
        }
    }

    package func exec(
        _ request: ExecProcessRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await serve("exec", request.id, request.execID) {
            var process = try Document(
                name: "process of exec '\(request.execID)'", bytes: Array(request.spec.value)
            ).process()
            var validator = SpecValidator()
            try validator.check(process)
            let guest = process.forGuest()
            for remark in validator.warnings + guest.notes {
                logger.info(
                    "part of the spec has no effect",
                    metadata: [
                        "container": "\(request.id)", "exec": "\(request.execID)", "part": "\(remark)",
                    ])
            }
            process = guest.process
            process.terminal = request.terminal
            let stdio = StdioPaths(
                stdin: request.stdin, stdout: request.stdout, stderr: request.stderr,
                terminal: request.terminal)
            try await sandbox.addExec(
                ExecID(parsing: request.execID), to: ContainerID(parsing: request.id), process, stdio)
            return Google_Protobuf_Empty()
        }
    }

    package func state(_ request: StateRequest, _ context: CallContext) async throws -> StateResponse {
        try await serve("state", request.id, request.execID) {
            StateResponse(
                try await sandbox.report(ContainerID(parsing: request.id), ExecID(optional: request.execID)))
        }
    }

    package func wait(_ request: WaitRequest, _ context: CallContext) async throws -> WaitResponse {
        // A wait is as long as the process lives: it is not work that must be finished for a gone caller.
        let exit = try await sandbox.wait(
            ContainerID(parsing: request.id), ExecID(optional: request.execID))
        var response = WaitResponse()
        response.exitStatus = exit.status
        response.exitedAt = Google_Protobuf_Timestamp(exit)
        return response
    }

    package func kill(_ request: KillRequest, _ context: CallContext) async throws -> Google_Protobuf_Empty {
        try await serve("kill", request.id, request.execID) {
            try await sandbox.kill(
                ContainerID(parsing: request.id), ExecID(optional: request.execID), signal: request.signal,
                all: request.all)
            return Google_Protobuf_Empty()
        }
    }

    package func pids(_ request: PidsRequest, _ context: CallContext) async throws -> PidsResponse {
        try await serve("pids", request.id) {
            try await sandbox.require(ContainerID(parsing: request.id))
            var process = TaskProcessInfo()
            process.pid = await sandbox.taskPID
            var response = PidsResponse()
            response.processes = [process]
            return response
        }
    }

    package func closeIO(_ request: CloseIORequest, _ context: CallContext) async throws
        -> Google_Protobuf_Empty
    {
        try await serve("closeIO", request.id, request.execID) {
            let (id, exec) = try (ContainerID(parsing: request.id), ExecID(optional: request.execID))
            if request.stdin { try await sandbox.closeInput(id, exec) }
            return Google_Protobuf_Empty()
        }
    }

    package func connect(_ request: ConnectRequest, _ context: CallContext) async throws -> ConnectResponse {
        try await serve("connect", request.id) {
            var response = ConnectResponse()
            response.shimPid = UInt32(bitPattern: getpid())
            response.taskPid = await sandbox.taskPID
            response.version = ShimVersion.number
            return response
        }
    }

    package func shutdown(
        _ request: ShutdownRequest, _ context: CallContext
    ) async throws -> Google_Protobuf_Empty {
        try await serve("shutdown", request.id) {
            await departure.ask(now: request.now)
            return Google_Protobuf_Empty()
        }
    }

    /// Also writes what is worth a line to a developer only, as a configuration's `enable_debug` asks.
    private func logEverything() {
        // The handler behind all of the shim's loggers has one level.
        var logger = logger
        logger.logLevel = .debug
    }

    /// Runs a call to its end whether or not its caller stays, and logs its failure.
    ///
    /// A caller that leaves in the middle must find the work done or undone, never half of it.
    func serve<T: Sendable>(
        _ method: String, _ id: String, _ exec: String = "", _ work: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        do {
            let answer = try await loop.task(work).value
            logger.debug("call", metadata: ["method": "\(method)", "id": "\(id)", "exec": "\(exec)"])
            return answer
        } catch {
            logger.error(
                "call failed",
                metadata: ["method": "\(method)", "id": "\(id)", "exec": "\(exec)", "error": "\(error)"])
            throw error
        }
    }
}

extension ExecID {
    /// The exec that a request names; nil for the empty string, which means the container's first process.
    init?(optional text: String) throws {
        guard !text.isEmpty else { return nil }
        self = try ExecID(parsing: text)
    }
}

extension StateResponse {
    fileprivate init(_ report: ProcessReport) {
        self.init()
        id = report.container.rawValue
        execID = report.exec?.rawValue ?? ""
        bundle = report.bundle
        pid = report.pid
        stdin = report.stdio.stdin
        stdout = report.stdio.stdout
        stderr = report.stdio.stderr
        terminal = report.stdio.terminal
        status =
            switch report.status {
            case .created: .created
            case .running: .running
            case .pausing: .pausing
            case .paused: .paused
            case .stopped: .stopped
            }
        if let exit = report.exit {
            exitStatus = exit.status
            exitedAt = Google_Protobuf_Timestamp(exit)
        }
    }
}

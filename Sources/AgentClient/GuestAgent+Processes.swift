import AgentProtocol
import FoundationEssentials
package import NIOCore
package import OCI
import TTRPC

extension GuestAgent {
    /// Adds a process to a running container and runs it.
    package func exec(_ id: GuestProcessID, _ process: OCI.Process) async throws {
        var request = AgentExecProcessRequest()
        request.containerID = id.container.rawValue
        request.execID = id.process
        request.process = AgentProcess(process)
        _ = try await asking("start \(id)") { try await agent.execProcess(request) }
    }

    /// Sends a signal to one process, or to every process of its container.
    package func signal(_ id: GuestProcessID, _ signal: UInt32, everyProcess: Bool) async throws {
        var request = AgentSignalProcessRequest()
        request.containerID = id.container.rawValue
        request.execID = everyProcess ? "" : id.process
        request.signal = signal
        _ = try await asking("signal \(id)") { try await agent.signalProcess(request) }
    }

    /// Waits, however long, for a process's end.
    ///
    /// - Returns: its exit code, or 128 + the signal that ended it.
    package func wait(_ id: GuestProcessID) async throws -> UInt32 {
        var request = AgentWaitProcessRequest()
        request.containerID = id.container.rawValue
        request.execID = id.process
        let answer = try await asking("wait for \(id)") { try await agent.waitProcess(request) }
        // The guest says what it likes; only the low byte can be an exit status.
        return UInt32(truncatingIfNeeded: answer.status) & 0xff
    }

    /// Has the guest forget a further process that has ended, with its streams: its id can be used again.
    ///
    /// Agents of others forget a process when its end has been told.
    package func forget(_ id: GuestProcessID) async throws {
        var request = AgentWaitProcessRequest()
        request.containerID = id.container.rawValue
        request.execID = id.process
        request.forget = true
        _ = try await asking("forget \(id)") { try await agent.waitProcess(request) }
    }

    /// The most that is asked of any agent at once: a guest write of more than 32 KiB stalls a vsock connection for
    /// ever on kernels 6.12 to 7.2.
    package static let pieceSize = 32 * 1024
    /// The most that is asked of an agent that splits what it writes, as ours does. Others know nothing of it.
    static let largestPiece = 256 * 1024

    /// Waits, however long, for output; nil at its end.
    package func read(_ output: GuestOutput, of id: GuestProcessID) async throws -> ByteBuffer? {
        var request = AgentReadStreamRequest()
        request.containerID = id.container.rawValue
        request.execID = id.process
        request.len = UInt32(Self.pieceSize)
        request.most = UInt32(Self.largestPiece)
        let answer = try await asking("read the output of \(id)") {
            switch output {
            case .stdout: try await agent.readStdout(request)
            case .stderr: try await agent.readStderr(request)
            }
        }
        return answer.data.isEmpty ? nil : ByteBuffer(bytes: answer.data.prefix(Self.largestPiece))
    }

    /// Hands input to a process.
    ///
    /// - Returns: how many bytes it took.
    package func write(_ bytes: ByteBuffer, toStdinOf id: GuestProcessID) async throws -> Int {
        var request = AgentWriteStreamRequest()
        request.containerID = id.container.rawValue
        request.execID = id.process
        request.data = Data(bytes.readableBytesView)
        return Int(try await asking("write to \(id)") { try await agent.writeStdin(request) }.len)
    }

    /// Ends a process's input.
    package func closeStdin(of id: GuestProcessID) async throws {
        var request = AgentCloseStdinRequest()
        request.containerID = id.container.rawValue
        request.execID = id.process
        _ = try await asking("close the input of \(id)") { try await agent.closeStdin(request) }
    }
}

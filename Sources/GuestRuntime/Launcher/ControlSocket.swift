import CLinux
import Glibc
import Linux
import RuntimeErrors

/// The launcher's end of its packet socket to the agent.
struct ControlSocket {
    private let descriptor: CInt

    init(_ descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// Hands the terminal's master over.
    func send(terminal: Terminal) throws {
        let bytes = LauncherMessage.terminal.bytes
        do {
            try checked(CLinux_packet_send(descriptor, bytes, bytes.count, terminal.master.raw))
        } catch {
            throw RuntimeError(error, "can't hand the terminal over to the agent")
        }
    }

    /// Sends a message by a plain write: a seccomp filter that is in force by now allows it more likely than
    /// any other call.
    func send(_ message: LauncherMessage) throws {
        do {
            try writeAll(message.bytes, to: descriptor)
        } catch {
            throw RuntimeError(
                error, "can't report to the agent; if the container has a seccomp profile, allow write")
        }
    }

    /// Waits for the agent's word to start.
    ///
    /// - Returns: false if the agent has closed its end, for it wants the process no more.
    func waitForRelease() throws -> Bool {
        var byte: UInt8 = 0
        do {
            return try checkedErrno { read(descriptor, &byte, 1) } == 1
        } catch {
            throw RuntimeError(
                error, "can't wait for the start; if the container has a seccomp profile, allow read")
        }
    }
}

import AgentClient
import Glibc
import Linux
import OCI
import RuntimeErrors
import Sandbox

/// A blocking connection to a port of a guest.
enum GuestConnection {
    /// How long the guest may take to answer.
    private static let patience: CInt = 5000

    /// Connects; nothing of the stream has been read then.
    static func open(_ address: AgentAddress, of sandbox: SandboxName) throws -> SharedDescriptor {
        do {
            switch address {
            case .hybrid(let path, let port): return try hybrid(path, port)
            case .kernel(let cid, let port): return try kernel(cid, port)
            case .unix(let path): return try connectUnixSocket(path).shared()
            }
        } catch {
            throw RuntimeError(
                .unavailable,
                "can't open a console of sandbox '\(sandbox.id.rawValue)': nobody listens in its guest; set "
                    + "debug_console_enabled = true in '[agent.kata]' before the sandbox starts",
                cause: error)
        }
    }

    private static func hybrid(_ path: String, _ port: UInt32) throws -> SharedDescriptor {
        let socket = try connectUnixSocket(path).shared()
        try writeAll(Array("CONNECT \(port)\n".utf8), to: socket.raw)
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n") {
            var byte: UInt8 = 0
            // One at a time: what follows the line belongs to the shell.
            guard line.count < 64, try wait(for: socket.raw, POLLIN), Glibc.read(socket.raw, &byte, 1) == 1
            else {
                throw Errno.ECONNREFUSED
            }
            line.append(byte)
        }
        guard line.starts(with: Array("OK".utf8)) else { throw Errno(rawValue: EPROTO) }
        return socket
    }

    private static func kernel(_ cid: UInt32, _ port: UInt32) throws -> SharedDescriptor {
        let socket = try VsockSocket()
        if try !socket.connect(cid: cid, port: port) {
            guard try wait(for: socket.descriptor.raw, POLLOUT) else { throw Errno.ETIMEDOUT }
            var code: CInt = 0
            var size = socklen_t(MemoryLayout<CInt>.size)
            let raw = socket.descriptor.raw
            try checkedErrno { getsockopt(raw, SOL_SOCKET, SO_ERROR, &code, &size) }
            guard code == 0 else { throw Errno(rawValue: code) }
        }
        let raw = socket.descriptor.raw
        try checkedErrno { fcntl(raw, F_SETFL, 0) }
        return SharedDescriptor(owning: socket.release())
    }

    private static func wait(for descriptor: CInt, _ events: CInt) throws(Errno) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return try checkedErrno { poll(&entry, 1, patience) } > 0
    }
}

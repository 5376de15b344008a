internal import CLinux
import Glibc
import RuntimeErrors

/// A listening Unix stream socket at a path, of mode 0600. The file stays when the value ends.
package struct UnixListener: ~Copyable, Sendable {
    /// Longest path in bytes that an address holds.
    package static let longestPath = 107

    package let descriptor: OwnedDescriptor
    package let path: String

    /// Binds and listens at `path`, where nothing may be.
    ///
    /// - Parameter blocking: whether accept on the descriptor waits; an event loop wants false.
    /// - Throws: `RuntimeError`: `.alreadyExists` if the path is taken, `.invalidArgument` if it is too long.
    package init(binding path: String, backlog: CInt = 128, blocking: Bool = false) throws {
        guard path.utf8.count <= Self.longestPath else {
            throw RuntimeError(
                .invalidArgument,
                "can't bind a socket at '\(path)': the path has \(path.utf8.count) bytes, "
                    + "\(Self.longestPath) are possible; choose a shorter folder")
        }
        let flags = blocking ? 0 : CInt(SOCK_NONBLOCK.rawValue)
        do throws(Errno) {
            descriptor = OwnedDescriptor(owning: try checked(CLinux_unix_listen(path, backlog, flags)))
        } catch .EADDRINUSE {
            throw RuntimeError(
                .alreadyExists, "can't bind a socket at '\(path)': there is a file of that name; remove it")
        } catch {
            throw RuntimeError(error, "can't bind a socket at '\(path)'")
        }
        self.path = path
    }

    /// Binds `name` in an open folder, however long the folder's path is.
    ///
    /// - Throws: `RuntimeError` as `init(binding:)`.
    package init(binding name: String, in folder: CInt, backlog: CInt = 128, blocking: Bool = false) throws {
        try self.init(binding: "/proc/self/fd/\(folder)/\(name)", backlog: backlog, blocking: blocking)
    }
}

/// What is behind the path of a Unix socket.
package enum UnixSocketState: Sendable, Equatable {
    case absent
    /// A socket file whose listener is gone.
    case stale
    /// Somebody listens.
    case live
    /// No socket.
    case otherFile
}

/// Finds out whether anybody listens at `path`, by connecting. Never for a vhost-user socket: its server
/// takes the probe for the one connection it serves.
///
/// - Throws: `Errno`, `EACCES` for instance.
package func probeUnixSocket(_ path: String) throws(Errno) -> UnixSocketState {
    do throws(Errno) {
        guard try FileStatus(of: path, followLinks: false).kind == .socket else { return .otherFile }
        _ = try connectUnixSocket(path, blocking: false)
        return .live
    } catch .ENOENT {
        return .absent
    } catch .ECONNREFUSED {
        return .stale
    } catch .EAGAIN {
        // A listener whose queue is full.
        return .live
    }
}

/// Whether somebody listens at `path`, as the kernel's list of this network namespace's sockets has it: nobody is
/// connected to. A socket's file is there a moment before its owner listens.
///
/// - Throws: `Errno`.
package func isListening(atUnixSocket path: String) throws(Errno) -> Bool {
    let list = try openDescriptor("/proc/self/net/unix", flags: O_RDONLY)
    let name = Array(" \(path)".utf8)
    for line in try readAll(list.raw, limit: 64 << 20).split(separator: UInt8(ascii: "\n")) {
        guard line.count > name.count, line.suffix(name.count).elementsEqual(name) else { continue }
        // Num RefCount Protocol Flags Type St Inode Path
        let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 4)
        guard fields.count == 5, let flags = UInt32(String(decoding: fields[3], as: UTF8.self), radix: 16)
        else { continue }
        if flags & acceptsConnections != 0 { return true }
    }
    return false
}

/// The kernel's __SO_ACCEPTCON.
private let acceptsConnections: UInt32 = 1 << 16

/// Connects to the Unix stream socket at `path`.
///
/// - Throws: `Errno`: `EAGAIN` if `blocking` is false and the listener's queue is full.
package func connectUnixSocket(_ path: String, blocking: Bool = true) throws(Errno) -> OwnedDescriptor {
    let flags = blocking ? 0 : CInt(SOCK_NONBLOCK.rawValue)
    return OwnedDescriptor(owning: try checked(CLinux_unix_connect(path, flags)))
}

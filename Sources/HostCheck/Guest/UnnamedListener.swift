import Glibc
import Linux
import RuntimeErrors

/// A listening Unix socket that nobody can find, and the one connection to it.
///
/// It has a name for the moment that it takes to connect, in a folder that only this user can enter.
struct UnnamedListener {
    let listener: SharedDescriptor
    let connection: SharedDescriptor

    init() throws {
        let folder = try Self.makeFolder()
        defer { rmdir(folder) }
        let path = "\(folder)/socket"
        let bound = try UnixListener(binding: path, backlog: 1, blocking: true)
        defer { unlink(path) }
        do throws(Errno) {
            connection = try connectUnixSocket(path, blocking: false).shared()
            let raw = bound.descriptor.raw
            listener = SharedDescriptor(owning: try checkedErrno { fcntl(raw, F_DUPFD_CLOEXEC, 3) })
        } catch {
            throw RuntimeError(error, "can't make a socket in '\(folder)'")
        }
    }

    private static func makeFolder() throws(RuntimeError) -> String {
        var error = Errno.ENOENT
        for parent in ["/run", "/tmp"] {
            var template = Array("\(parent)/swiftlet-check-XXXXXX".utf8CString)
            if mkdtemp(&template) != nil {
                return String(
                    decoding: template.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            }
            error = .current
        }
        throw RuntimeError(error, "can't make a folder in '/run' or '/tmp'; make one of them writable")
    }
}

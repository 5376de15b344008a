package import RuntimeErrors

import Glibc

/// The error number of a system call.
package struct Errno: Error, Sendable, Equatable, CustomStringConvertible {
    /// The number as in `<errno.h>`, positive.
    package let rawValue: Int32

    /// An error with the number `rawValue`.
    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The calling thread's `errno`.
    package static var current: Errno { Errno(rawValue: errno) }

    package static let EPERM = Errno(rawValue: Glibc.EPERM)
    package static let ENOENT = Errno(rawValue: Glibc.ENOENT)
    package static let ESRCH = Errno(rawValue: Glibc.ESRCH)
    package static let EINTR = Errno(rawValue: Glibc.EINTR)
    package static let EIO = Errno(rawValue: Glibc.EIO)
    package static let ENXIO = Errno(rawValue: Glibc.ENXIO)
    package static let EBADF = Errno(rawValue: Glibc.EBADF)
    package static let ECHILD = Errno(rawValue: Glibc.ECHILD)
    package static let EAGAIN = Errno(rawValue: Glibc.EAGAIN)
    package static let ENOMEM = Errno(rawValue: Glibc.ENOMEM)
    package static let EACCES = Errno(rawValue: Glibc.EACCES)
    package static let EBUSY = Errno(rawValue: Glibc.EBUSY)
    package static let EEXIST = Errno(rawValue: Glibc.EEXIST)
    package static let EXDEV = Errno(rawValue: Glibc.EXDEV)
    package static let ENODEV = Errno(rawValue: Glibc.ENODEV)
    package static let ENOTDIR = Errno(rawValue: Glibc.ENOTDIR)
    package static let EISDIR = Errno(rawValue: Glibc.EISDIR)
    package static let EINVAL = Errno(rawValue: Glibc.EINVAL)
    package static let EMFILE = Errno(rawValue: Glibc.EMFILE)
    package static let ENFILE = Errno(rawValue: Glibc.ENFILE)
    package static let ENOSPC = Errno(rawValue: Glibc.ENOSPC)
    package static let EROFS = Errno(rawValue: Glibc.EROFS)
    package static let EPIPE = Errno(rawValue: Glibc.EPIPE)
    package static let ERANGE = Errno(rawValue: Glibc.ERANGE)
    package static let ENAMETOOLONG = Errno(rawValue: Glibc.ENAMETOOLONG)
    package static let ENOSYS = Errno(rawValue: Glibc.ENOSYS)
    package static let ENOTEMPTY = Errno(rawValue: Glibc.ENOTEMPTY)
    package static let ELOOP = Errno(rawValue: Glibc.ELOOP)
    package static let EOPNOTSUPP = Errno(rawValue: Glibc.EOPNOTSUPP)
    package static let EADDRINUSE = Errno(rawValue: Glibc.EADDRINUSE)
    package static let ECONNRESET = Errno(rawValue: Glibc.ECONNRESET)
    package static let ETIMEDOUT = Errno(rawValue: Glibc.ETIMEDOUT)
    package static let ECONNREFUSED = Errno(rawValue: Glibc.ECONNREFUSED)
    package static let EINPROGRESS = Errno(rawValue: Glibc.EINPROGRESS)

    /// The C library's text, first letter lower case, as the messages of this product are.
    package var description: String {
        // glibc's strerror has been safe on threads since 2.32.
        guard let known = strerror(rawValue) else { return "errno \(rawValue)" }
        let text = String(cString: known)
        guard let first = text.first else { return "errno \(rawValue)" }
        // "RPC struct is bad" stays, "No such file" does not.
        let second = text.dropFirst().first
        return second?.isUppercase == true ? text : first.lowercased() + text.dropFirst()
    }

    /// The status code that says the same to a caller over the wire.
    package var statusCode: RuntimeError.Code {
        switch self {
        case .ENOENT, .ENOTDIR, .ESRCH, .ENXIO, .ENODEV: .notFound
        case .EPERM, .EACCES, .EROFS: .permissionDenied
        case .EEXIST: .alreadyExists
        case .EINVAL, .ENAMETOOLONG, .ELOOP, .EISDIR, .ERANGE: .invalidArgument
        case .EAGAIN, .ENOMEM, .EMFILE, .ENFILE, .ENOSPC: .resourceExhausted
        case .EBUSY, .EADDRINUSE, .ENOTEMPTY: .failedPrecondition
        case .ENOSYS, .EOPNOTSUPP: .unimplemented
        case .ETIMEDOUT: .deadlineExceeded
        case .ECONNREFUSED, .ECONNRESET, .EPIPE: .unavailable
        default: .internalError
        }
    }
}

extension RuntimeError {
    /// An error whose code and cause are those of a failed system call.
    package init(_ errno: Errno, _ message: String) {
        self.init(errno.statusCode, message, cause: errno)
    }
}

/// The value of a C function that returns -errno when it fails.
///
/// - Throws: `Errno`.
@discardableResult
package func checked<Value: SignedInteger & FixedWidthInteger>(_ value: Value) throws(Errno) -> Value {
    guard value < 0 else { return value }
    throw Errno(rawValue: Int32(clamping: 0 - value))
}

/// The value of a libc function that returns -1 and sets `errno` when it fails; a call that a signal
/// interrupted is made again.
///
/// - Throws: `Errno`.
@discardableResult
package func checkedErrno<Value: SignedInteger & FixedWidthInteger>(
    _ body: () -> Value
) throws(Errno) -> Value {
    while true {
        let value = body()
        guard value == -1 else { return value }
        let error = Errno.current
        guard error == .EINTR else { throw error }
    }
}

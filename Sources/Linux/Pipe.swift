internal import CLinux
import Glibc

/// A pipe, both ends closed on exec.
///
/// - Returns: the reading and the writing end.
/// - Throws: `Errno`.
package func makePipe() throws(Errno) -> (read: SharedDescriptor, write: SharedDescriptor) {
    var ends: (read: CInt, write: CInt) = (-1, -1)
    try checked(CLinux_pipe(&ends.read, &ends.write))
    return (SharedDescriptor(owning: ends.read), SharedDescriptor(owning: ends.write))
}

/// Sets how many bytes a pipe holds; the kernel rounds up to a power of two.
///
/// - Throws: `Errno`: `EPERM` beyond what the user may have.
package func setPipeCapacity(of pipe: CInt, to bytes: Int) throws(Errno) {
    // F_SETPIPE_SZ of <linux/fcntl.h>, which the C library shows to GNU sources alone.
    _ = try checkedErrno { fcntl(pipe, 1024 + 7, CInt(clamping: bytes)) }
}

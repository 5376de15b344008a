import Glibc

/// Two connected stream sockets, closed on exec.
///
/// - Throws: `Errno`.
package func socketPair() throws(Errno) -> (SharedDescriptor, SharedDescriptor) {
    var pair: (CInt, CInt) = (-1, -1)
    let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
    let result = withUnsafeMutableBytes(of: &pair) { bytes in
        socketpair(AF_UNIX, type, 0, bytes.assumingMemoryBound(to: CInt.self).baseAddress)
    }
    guard result == 0 else { throw Errno.current }
    return (SharedDescriptor(owning: pair.0), SharedDescriptor(owning: pair.1))
}

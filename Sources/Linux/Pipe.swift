internal import CLinux

/// A pipe, both ends closed on exec.
///
/// - Returns: the reading and the writing end.
/// - Throws: `Errno`.
package func makePipe() throws(Errno) -> (read: SharedDescriptor, write: SharedDescriptor) {
    var ends: (read: CInt, write: CInt) = (-1, -1)
    try checked(CLinux_pipe(&ends.read, &ends.write))
    return (SharedDescriptor(owning: ends.read), SharedDescriptor(owning: ends.write))
}

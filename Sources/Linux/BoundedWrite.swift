internal import CLinux

/// Opens the existing file at `path` and writes `text` with one write(2), in a child that is killed when `limit` is
/// over: an attribute of sysfs may make its writer wait for ever.
///
/// - Throws: `Errno`: `ETIMEDOUT` if the child was killed, in which case the write may still happen.
package func writeBounded(_ text: String, to path: String, within limit: Duration) throws(Errno) {
    let bytes = Array(text.utf8)
    guard !path.utf8.contains(0) else { throw .EINVAL }
    let milliseconds = CInt(max(0, min(limit / .milliseconds(1), 1e9)))
    try checked(
        bytes.withUnsafeBytes { bytes in
            CLinux_write_bounded(
                path, bytes.bindMemory(to: CChar.self).baseAddress, bytes.count, milliseconds)
        })
}

internal import CLinux
import Glibc

/// A file in memory with the given bytes that nobody can change any more; its offset is 0.
///
/// - Parameter name: shown in /proc only.
/// - Throws: `Errno`.
package func sealedMemoryFile(_ name: String, contents: [UInt8]) throws(Errno) -> OwnedDescriptor {
    let file = OwnedDescriptor(owning: try checked(CLinux_memfd(name)))
    try writeAll(contents, to: file.raw)
    let raw = file.raw
    try checkedErrno { lseek(raw, 0, SEEK_SET) }
    try checked(CLinux_memfd_seal(raw))
    return file
}

/// Writes all bytes to a blocking descriptor.
///
/// - Throws: `Errno`.
package func writeAll(_ bytes: [UInt8], to descriptor: CInt) throws(Errno) {
    var written = 0
    while written < bytes.count {
        written += try checkedErrno {
            bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        }
    }
}

/// Reads a descriptor to its end, up to `limit` bytes.
///
/// - Throws: `Errno`: `EMSGSIZE` as `Errno(rawValue:)` if there is more.
package func readAll(_ descriptor: CInt, limit: Int) throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16384)
    while true {
        let count = try checkedErrno { Glibc.read(descriptor, &chunk, chunk.count) }
        guard count > 0 else { return bytes }
        guard bytes.count + count <= limit else { throw Errno(rawValue: EMSGSIZE) }
        bytes += chunk[..<count]
    }
}

/// The guest's console.
///
/// The guest decides how much it writes, so the monitor is never given a file: it writes to a descriptor that
/// the shim reads, and the shim keeps the first and the last part in a file of bounded size.
package struct ConsoleDevice: Codable, Sendable, Equatable {
    /// The file that the shim writes.
    package var logPath: String
    /// The most that file may hold, in bytes.
    package var maximumBytes: Int

    /// Makes a console; the file may hold 256 KiB unless said otherwise.
    package init(logPath: String, maximumBytes: Int = 256 * 1024) {
        self.logPath = logPath
        self.maximumBytes = maximumBytes
    }
}

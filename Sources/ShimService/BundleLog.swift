import Glibc
package import Linux
package import Logging
import Synchronization

/// Writes log lines to the bundle's `log` FIFO, which containerd copies into its own log.
///
/// A line that does not fit at once is dropped: a stopped containerd must never stop the shim.
package struct BundleLog: LogHandler {
    package var metadata: Logger.Metadata = [:]
    private let level: SharedLevel
    private let descriptor: SharedDescriptor

    /// The least severe level that is written, one for all copies of the handler: a configuration may ask for
    /// more words, and it is known only when loggers are all over the shim.
    package var logLevel: Logger.Level {
        get { level.value.withLock { $0 } }
        set { level.value.withLock { $0 = newValue } }
    }

    private final class SharedLevel: Sendable {
        let value: Mutex<Logger.Level>

        init(_ value: Logger.Level) {
            self.value = Mutex(value)
        }
    }

    /// - Parameter descriptor: the FIFO, opened for reading and writing and without blocking, so that neither
    ///   opening nor writing ever waits for a reader.
    package init(descriptor: SharedDescriptor, level: Logger.Level) {
        self.descriptor = descriptor
        self.level = SharedLevel(level)
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let fields = all.sorted { $0.key < $1.key }.map { (key: $0.key, value: "\($0.value)") }
        let line = Logfmt.line(
            time: timestamp(), level: event.level, message: "\(event.message)", metadata: fields)
        _ = Array(line.utf8).withUnsafeBytes { write(descriptor.raw, $0.baseAddress, $0.count) }
    }

    /// The time in UTC as RFC 3339 with microseconds.
    private func timestamp() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        func padded(_ value: some BinaryInteger, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date =
            "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(parts.tm_mday, 2))"
        let clock = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(clock).\(padded(now.tv_nsec / 1000, 6))Z"
    }
}

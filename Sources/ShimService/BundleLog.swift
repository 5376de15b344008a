import Glibc
package import Linux
package import Logging

/// Writes log lines to the bundle's `log` FIFO, which containerd copies into its own log.
///
/// A line that does not fit at once is dropped: a stopped containerd must never stop the shim.
package struct BundleLog: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let descriptor: SharedDescriptor

    /// - Parameter descriptor: the FIFO, opened for reading and writing and without blocking, so that neither
    ///   opening nor writing ever waits for a reader.
    package init(descriptor: SharedDescriptor, level: Logger.Level) {
        self.descriptor = descriptor
        self.logLevel = level
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
        let date = "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(parts.tm_mday, 2))"
        let clock = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(clock).\(padded(now.tv_nsec / 1000, 6))Z"
    }
}

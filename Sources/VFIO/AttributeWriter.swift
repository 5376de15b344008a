package import Linux

/// Writes attributes of sysfs, one write(2) for each.
package protocol AttributeWriter: Sendable {
    /// Writes `text` to the attribute at `path`.
    ///
    /// - Throws: `Errno` of the kernel; `ETIMEDOUT` if the write did not come back, in which case it may still
    ///   happen.
    func write(_ text: String, to path: String) throws(Errno)
}

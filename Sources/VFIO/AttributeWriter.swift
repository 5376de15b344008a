package import Linux

/// Writes attributes of sysfs, one write(2) for each.
package protocol AttributeWriter: Sendable {
    /// Writes `text` to the attribute at `path`.
    ///
    /// - Throws: `Errno` of the kernel; `ETIMEDOUT` if the write did not come back, in which case it may still
    ///   happen.
    func write(_ text: String, to path: String) throws(Errno)
}

/// Writes to the kernel's own sysfs, each write in a child that is killed when it takes too long: a driver that
/// does not let go of its device holds up whoever unbinds it.
package struct KernelAttributeWriter: AttributeWriter {
    /// For one write. Unbinding a large GPU from its driver takes seconds.
    package var limit: Duration

    /// Makes a writer; see the properties.
    package init(limit: Duration = .seconds(30)) {
        self.limit = limit
    }

    package func write(_ text: String, to path: String) throws(Errno) {
        try writeBounded(text, to: path, within: limit)
    }
}

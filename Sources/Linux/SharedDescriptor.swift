import Glibc

/// A file descriptor that is closed when the last reference ends.
package final class SharedDescriptor: Sendable {
    /// The number; valid as long as the object lives.
    package let raw: CInt

    /// Takes over the descriptor `raw`, which nobody else may close.
    package init(owning raw: CInt) {
        self.raw = raw
    }

    /// A second descriptor of the same open file, with close-on-exec.
    ///
    /// - Throws: `Errno`, `EMFILE` for instance.
    package func duplicated() throws(Errno) -> OwnedDescriptor {
        let raw = raw
        return OwnedDescriptor(owning: try checkedErrno { fcntl(raw, F_DUPFD_CLOEXEC, 3) })
    }

    deinit {
        _ = close(raw)
    }
}

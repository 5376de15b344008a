import Glibc

/// A file descriptor with one owner, closed when the value ends.
package struct OwnedDescriptor: ~Copyable, Sendable {
    /// The number; valid as long as the value lives.
    package let raw: CInt

    /// Takes over the descriptor `raw`, which nobody else may close.
    package init(owning raw: CInt) {
        self.raw = raw
    }

    /// Gives the descriptor up; the caller must close it.
    package consuming func release() -> CInt {
        let raw = raw
        discard self
        return raw
    }

    /// Turns it into a descriptor that can be stored and captured.
    package consuming func shared() -> SharedDescriptor {
        SharedDescriptor(owning: release())
    }

    deinit {
        _ = close(raw)
    }
}

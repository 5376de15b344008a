internal import CLinux
import Glibc

/// A bit for each signal number, for the calls of this file.
private func mask(_ signals: [CInt]) -> UInt64 {
    signals.reduce(0) { mask, number in
        (1...64).contains(number) ? mask | 1 << UInt64(number &- 1) : mask
    }
}

/// A non-blocking, close-on-exec descriptor that delivers `signals` as records of 128 bytes
/// (signalfd(2)). Block them first.
///
/// - Throws: `Errno`.
package func signalDescriptor(_ signals: [CInt]) throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(owning: try checked(CLinux_signalfd(mask(signals))))
}

/// Blocks `signals` for the calling thread and for threads that it makes afterwards.
///
/// - Throws: `Errno`.
package func blockSignals(_ signals: [CInt]) throws(Errno) {
    try checked(CLinux_block_signals(mask(signals), 1))
}

/// Unblocks `signals` for the calling thread.
///
/// - Throws: `Errno`.
package func unblockSignals(_ signals: [CInt]) throws(Errno) {
    try checked(CLinux_block_signals(mask(signals), 0))
}

import NIOCore
import NIOPosix

/// One serial thread for effects that block: mounts, sysfs writes, opening FIFOs.
///
/// Start it after all unsharing and signal set-up, since it inherits both. An effect that hangs in the
/// kernel does not hang its caller: the deadline passes, and later effects fail at theirs.
package final class EffectThread: Sendable {
    private let loop: MainLoop
    private let pool = NIOThreadPool(numberOfThreads: 1)

    /// Starts the thread.
    package init(for loop: MainLoop) {
        self.loop = loop
        pool.start()
    }

    /// Runs `body` on the thread, after all earlier effects.
    ///
    /// - Parameters:
    ///   - what: the words after "can't" in the error of a missed deadline.
    ///   - deadline: counted from now, waiting for earlier effects included.
    package func run<T: Sendable>(
        _ what: String, deadline: Duration, _ body: @escaping @Sendable () throws -> T
    ) async throws -> T {
        let (pool, eventLoop) = (pool, loop.eventLoop)
        return try await loop.withDeadline(deadline, what) {
            try await pool.runIfActive(eventLoop: eventLoop, body).get()
        }
    }
}

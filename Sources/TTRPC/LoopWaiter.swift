import NIOCore
import Synchronization

/// A suspended task that something on an event loop resumes, at most once.
///
/// - Safety: unchecked because all but ``isCancelled`` is touched on the event loop only.
final class LoopWaiter<Value: Sendable>: @unchecked Sendable {
    private let isCancelled = Atomic(false)
    private var continuation: CheckedContinuation<Value, any Error>?

    /// What else happens on the loop when the task is cancelled while it waits.
    var onCancel: (() -> Void)?

    /// Whether nobody waits any more.
    var isDone: Bool { continuation == nil }

    /// Resumes the task; does nothing if it goes on already.
    func resume(with result: Result<Value, TTRPCError>) {
        guard let continuation else { return }
        self.continuation = nil
        onCancel = nil
        continuation.resume(with: result)
    }

    /// Runs `start` on the loop (now, if this is the loop) and suspends until it resumes its waiter,
    /// or until the task is cancelled: then this throws ``TTRPCError`` with cancelled at once.
    static func wait(
        on eventLoop: any EventLoop, _ start: @escaping @Sendable (LoopWaiter) -> Void
    ) async throws -> Value {
        let waiter = LoopWaiter()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                eventLoop.runNow {
                    waiter.continuation = continuation
                    // Cancelled before: the handler's own job finds, or found, nobody waiting.
                    guard !waiter.isCancelled.load(ordering: .acquiring) else { return waiter.cancel() }
                    start(waiter)
                }
            }
        } onCancel: {
            // In this order: if `start` has not seen the flag, it has run before this job does.
            waiter.isCancelled.store(true, ordering: .releasing)
            eventLoop.execute { waiter.cancel() }
        }
    }

    private func cancel() {
        guard !isDone else { return }
        let onCancel = onCancel
        resume(with: .failure(.cancelledByCaller))
        onCancel?()
    }
}

extension TTRPCError {
    static let cancelledByCaller = TTRPCError(.cancelled, "the call was cancelled by its caller")
}

extension EventLoop {
    /// Runs `body` at once if this is the loop's thread, else as a job of the loop.
    func runNow(_ body: @escaping @Sendable () -> Void) {
        if inEventLoop { body() } else { execute(body) }
    }
}

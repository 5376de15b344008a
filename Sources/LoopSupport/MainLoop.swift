import Glibc
package import NIOCore
import NIOPosix
import RuntimeErrors

/// The one event loop of a daemon, with what asynchronous code needs of it: tasks that run on it,
/// timers and deadlines.
///
/// Nothing here starts a thread. `Task {}` without ``executor``, `Task.sleep` and the main actor would each
/// bring in the global pool, which costs threads and private memory in every pod.
package final class MainLoop: Sendable {
    /// The loop, for channels.
    package let eventLoop: any EventLoop
    /// The executor over the loop, for libraries that start tasks of their own.
    package let executor: LoopExecutor

    /// Wraps a loop that somebody else runs (tests).
    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.executor = LoopExecutor(eventLoop)
    }

    /// Makes the calling thread an event loop, runs `body` on it, and returns when `body` has.
    package static func run<T: Sendable>(_ body: @escaping @Sendable (MainLoop) async throws -> T) throws -> T
    {
        let outcome = Outcome<T>()
        // A peer that has gone is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        MultiThreadedEventLoopGroup.withCurrentThreadAsEventLoop { eventLoop in
            let loop = MainLoop(eventLoop)
            loop.task {
                do {
                    outcome.value = .success(try await body(loop))
                } catch {
                    outcome.value = .failure(error)
                }
                eventLoop.shutdownGracefully { _ in }
            }
        }
        guard let value = outcome.value else {
            throw RuntimeError(.internalError, "can't finish: the event loop ended before its work did")
        }
        return try value.get()
    }

    /// Starts a task whose every step runs on the loop.
    @discardableResult
    package func task<T: Sendable>(
        _ body: @escaping @Sendable () async throws -> T
    ) -> Task<T, any Error> {
        Task(executorPreference: executor, operation: body)
    }

    /// Suspends for `duration`; ends early with `CancellationError` when the task is cancelled.
    package func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        let promise = eventLoop.makePromise(of: Void.self)
        let timer = eventLoop.scheduleTask(in: TimeAmount(duration)) { promise.succeed() }
        try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            timer.cancel()
            promise.fail(CancellationError())
        }
    }

    /// Runs `body`; after `limit` cancels it and throws, whether or not `body` heeds the cancellation.
    ///
    /// - Throws: what `body` throws, or `deadlineExceeded` with "can't `what`: no answer within `limit`".
    package func withDeadline<T: Sendable>(
        _ limit: Duration, _ what: String, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        let promise = eventLoop.makePromise(of: T.self)
        let work = task {
            do {
                promise.succeed(try await body())
            } catch {
                promise.fail(error)
            }
        }
        let timer = eventLoop.scheduleTask(in: TimeAmount(limit)) {
            promise.fail(RuntimeError(.deadlineExceeded, "can't \(what): no answer within \(limit)"))
            work.cancel()
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            work.cancel()
            promise.fail(CancellationError())
        }
    }
}

/// Holds the result of ``MainLoop/run(_:)``: written and read by the thread that is the loop.
private final class Outcome<T: Sendable>: @unchecked Sendable {
    var value: Result<T, any Error>?
}

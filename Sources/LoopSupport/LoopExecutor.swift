package import NIOCore

/// Runs the jobs of Swift tasks on one event loop, so that a daemon needs no thread pool.
package final class LoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    /// An executor whose jobs run as callbacks of `eventLoop`.
    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        eventLoop.execute { job.runSynchronously(on: executor) }
    }
}

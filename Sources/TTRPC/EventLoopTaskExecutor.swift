public import NIOCore

/// A task executor that is an event loop: jobs run on the loop's thread and nowhere else.
///
/// With it as their preference, tasks that talk to channels of the loop never change threads, and
/// a process needs no thread pool.
public final class EventLoopTaskExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    /// Creates an executor over `eventLoop`.
    public init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Runs a job on the loop, after what is already queued there.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

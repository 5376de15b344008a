import LoopSupport
import NIOCore
import NIOPosix
import RuntimeErrors
import Testing

@Suite struct MainLoopTests {
    private func onLoop<T: Sendable>(_ body: @escaping @Sendable (MainLoop) async throws -> T) async throws
        -> T
    {
        let loop = MainLoop(MultiThreadedEventLoopGroup.singleton.next())
        return try await loop.task { try await body(loop) }.value
    }

    @Test func tasksRunOnTheLoop() async throws {
        let onLoop = try await onLoop { loop in
            let before = loop.eventLoop.inEventLoop
            try await loop.sleep(for: .milliseconds(1))
            return before && loop.eventLoop.inEventLoop
        }
        #expect(onLoop)
    }

    @Test func aDeadlineEndsWorkThatHeedsNothing() async throws {
        let error = await #expect(throws: RuntimeError.self) {
            try await onLoop { loop in
                let never = loop.eventLoop.makePromise(of: Void.self)
                defer { never.succeed() }
                try await loop.withDeadline(.milliseconds(20), "wait") { [future = never.futureResult] in
                    try await future.get()
                }
            }
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(error?.message.hasPrefix("can't wait: no answer within") == true)
    }

    @Test func aCancelledSleepEndsAtOnce() async throws {
        let start = ContinuousClock.now
        try await onLoop { loop in
            let sleeper = loop.task { try await loop.sleep(for: .seconds(3600)) }
            try await loop.sleep(for: .milliseconds(5))
            sleeper.cancel()
            await #expect(throws: CancellationError.self) { try await sleeper.value }
        }
        #expect(ContinuousClock.now - start < .seconds(600))
    }

    @Test func runReturnsWhatItsBodyReturns() async throws {
        let value = await withCheckedContinuation { continuation in
            let thread = NIOThreadPool(numberOfThreads: 1)
            thread.start()
            thread.submit { _ in
                continuation.resume(
                    returning: try? MainLoop.run { loop in
                        try await loop.sleep(for: .milliseconds(1))
                        return 42
                    })
                thread.shutdownGracefully { _ in }
            }
        }
        #expect(value == 42)
    }
}

import Foundation
import Glibc
import LoopSupport
import NIOCore
import Synchronization

/// One loop on a thread of its own for all tests of this process.
///
/// The thread lives as long as the process: children are told to die with the thread that made them.
enum TestLoop {
    struct Parts: Sendable {
        var loop: MainLoop
        var children: ChildMonitor
    }

    private static let parts = Task {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Parts, any Error>) in
            let thread = Thread {
                do {
                    try MainLoop.run { loop in
                        do {
                            let children = try await ChildMonitor.start(on: loop)
                            // Other threads of a test process do not block SIGCHLD, and the kernel drops what
                            // such a thread would ignore. The loop's own thread reminds itself.
                            loop.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(10))
                            { _ in
                                pthread_kill(pthread_self(), SIGCHLD)
                            }
                            continuation.resume(returning: Parts(loop: loop, children: children))
                        } catch {
                            continuation.resume(throwing: error)
                        }
                        while true { try await loop.sleep(for: .seconds(3600)) }
                    }
                } catch {
                    print("the test loop ended: \(error)")
                }
            }
            thread.start()
        }
    }

    /// Runs `body` on the loop, as the shim would.
    static func run<T: Sendable>(_ body: @escaping @Sendable (MainLoop, ChildMonitor) async throws -> T)
        async throws -> T
    {
        let parts = try await parts.value
        return try await parts.loop.task { try await body(parts.loop, parts.children) }.value
    }
}

/// A value that callbacks on another thread add to.
final class Collected<Element: Sendable>: Sendable {
    private let storage = Mutex<[Element]>([])

    var all: [Element] { storage.withLock { $0 } }

    func add(_ element: Element) {
        storage.withLock { $0.append(element) }
    }
}

/// A new folder that goes with the value.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/swiftlet-qemu-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw POSIXError(.EIO) }
        path = String(cString: made)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

import Foundation
import Glibc
import Linux
import LoopSupport
import NIOCore
import QEMU
import Synchronization

/// One loop on a thread of its own for all tests of this process.
///
/// The thread lives as long as the process: children are told to die with the thread that made them.
enum TestLoop {
    struct Parts: Sendable {
        var loop: MainLoop
        var children: PollingChildren
    }

    private static let parts = Task {
        await withCheckedContinuation { (continuation: CheckedContinuation<Parts, Never>) in
            let thread = Thread {
                do {
                    try MainLoop.run { loop in
                        continuation.resume(returning: Parts(loop: loop, children: PollingChildren(loop)))
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
    static func run<T: Sendable>(_ body: @escaping @Sendable (MainLoop, PollingChildren) async throws -> T)
        async throws -> T
    {
        let parts = await parts.value
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

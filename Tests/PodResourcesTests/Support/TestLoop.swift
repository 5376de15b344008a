import Foundation
import LoopSupport
import NIOPosix

/// The loop that the clients of all tests run on.
let testLoop = MainLoop(MultiThreadedEventLoopGroup.singleton.next())

/// A new folder that goes with the value.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/swiftlet-kubelet-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw POSIXError(.EIO) }
        path = String(cString: made)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

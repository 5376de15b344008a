import Glibc
import Linux
import Logging
import Testing

@testable import ShimService

@Suite struct BundleLogTests {
    /// A configuration is read long after the loggers were made and handed on.
    @Test func theLevelIsOneForAllCopies() throws {
        var ends: [CInt] = [-1, -1]
        #expect(pipe(&ends) == 0)
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        defer { close(ends[0]) }
        let descriptor = SharedDescriptor(owning: ends[1])
        let first = Logger(label: "test") { _ in BundleLog(descriptor: descriptor, level: .info) }
        var second = first
        first.debug("one")
        second.logLevel = .debug
        first.debug("two")
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(ends[0], &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        #expect(text.contains("msg=two"), "\(text)")
        #expect(!text.contains("one"))
        #expect(text.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
    }
}

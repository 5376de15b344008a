import Foundation
import RuntimeErrors
import Testing

@testable import Sandbox

@Suite struct JournalTests {
    private let path = FileManager.default.temporaryDirectory.path + "/journal-\(UUID().uuidString)"

    @Test func entriesComeBackInOrder() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let journal = Journal(path: path)
        #expect(try journal.entries().isEmpty)
        try journal.record(.cgroup(key: "a"))
        try journal.record(.cgroup(key: "b"))
        #expect(try journal.entries() == [.cgroup(key: "a"), .cgroup(key: "b")])
    }

    @Test func aTornLastLineIsLeftOut() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let journal = Journal(path: path)
        try journal.record(.cgroup(key: "a"))
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data(#"{"cgroup":{"ke"#.utf8))
        try file.close()
        #expect(try journal.entries() == [.cgroup(key: "a")])
    }

    @Test func anotherVersionIsRefused() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("{\"version\":99}\n".utf8).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: RuntimeError.self) { try Journal(path: path).entries() }
        #expect(error?.code == .failedPrecondition)
    }
}

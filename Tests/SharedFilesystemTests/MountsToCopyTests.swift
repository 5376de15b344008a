import Linux
import RuntimeErrors
import Testing

@testable import SharedFilesystem

struct MountsToCopyTests {
    private let table = """
        1 0 8:1 / / rw - ext4 /dev/a rw
        2 1 8:2 / /usr rw - ext4 /dev/b rw
        3 2 8:3 / /usr/local rw - ext4 /dev/c rw
        4 1 0:4 / /run rw - tmpfs none rw
        5 4 0:5 / /run/x rw - tmpfs none rw
        6 1 8:6 / /home rw - ext4 /dev/d rw
        7 7 8:7 / /odd rw - ext4 /dev/e rw

        """

    private func points(_ ids: Set<UInt64>) throws -> [String] {
        try MountsToCopy.mountPoints(
            leadingTo: ids, from: 1, in: try MountTable(parsing: [UInt8](table.utf8)))
    }

    @Test func takesTheMountsAboveAlong() throws {
        #expect(try points([3]) == ["/usr", "/usr/local"])
        #expect(try points([2, 6]) == ["/usr", "/home"])
    }

    @Test func endsOnATableThatLoopsOrLacksAMount() throws {
        #expect(try points([7]) == ["/odd"])
        #expect(try points([99]) == [])
    }

    @Test func refusesWhatTheNamespaceReplaces() {
        let error = #expect(throws: RuntimeError.self) { try points([5]) }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.contains("'/run'") == true)
    }
}

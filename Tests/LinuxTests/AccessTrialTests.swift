import CLinux
import Glibc
import Linux
import Testing

@Suite(.enabled(if: isRoot, "needs root"))
struct AccessTrialTests {
    private let folder: TemporaryFolder
    private static let user = ChildLaunch.Identity(uid: 54321, gid: 54322, groups: [54323])

    init() throws {
        folder = try TemporaryFolder()
        #expect(chmod(folder.path, 0o755) == 0)
    }

    private func fault(
        _ mode: mode_t, owner: uid_t = 0, group: gid_t = 0, use: CInt = R_OK, _ name: String = "file"
    ) throws -> Errno? {
        let path = try folder.file(name, "text")
        #expect(chown(path, owner, group) == 0 && chmod(path, mode) == 0)
        return try #require(try accessFaults(of: Self.user, [FileUse(path, use)]).first)
    }

    @Test func theClassOfTheUserCounts() throws {
        #expect(try fault(0o644) == nil)
        #expect(try fault(0o640) == .EACCES)
        #expect(try fault(0o400, owner: 54321) == nil)
        #expect(try fault(0o044, owner: 54321) == .EACCES)
        #expect(try fault(0o640, group: 54322) == nil)
        #expect(try fault(0o640, group: 54323) == nil)
        #expect(try fault(0o604, group: 54323) == .EACCES)
    }

    @Test func theUseCounts() throws {
        #expect(try fault(0o644, use: X_OK) == .EACCES)
        #expect(try fault(0o644, use: R_OK | W_OK) == .EACCES)
        #expect(try fault(0o755, use: X_OK) == nil)
    }

    @Test func soDoTheFoldersAbove() throws {
        #expect(mkdir("\(folder.path)/deep", 0o700) == 0)
        #expect(try fault(0o644, "deep/file") == .EACCES)
        #expect(chmod("\(folder.path)/deep", 0o711) == 0)
        #expect(try fault(0o644, "deep/file") == nil)
    }

    @Test func eachFileHasItsAnswer() throws {
        let open = try folder.file("open", "")
        let closed = try folder.file("closed", "")
        #expect(chmod(closed, 0o600) == 0)
        let uses = [open, closed, "\(folder.path)/absent", open].map { FileUse($0, R_OK) }
        #expect(try accessFaults(of: Self.user, uses) == [nil, .EACCES, .ENOENT, nil])
        #expect(try accessFaults(of: Self.user, []) == [])
        #expect(throws: Errno.EINVAL) { try accessFaults(of: Self.user, [FileUse("a\0b", R_OK)]) }
    }

    @Test func theCallerStaysAsItIs() throws {
        let before = try text(of: "/proc/thread-self/status")
        _ = try accessFaults(of: Self.user, [FileUse("/", R_OK)])
        let after = try text(of: "/proc/thread-self/status")
        for name in ["Uid", "Gid", "Groups", "CapEff", "CapPrm", "CapBnd", "CapInh"] {
            #expect(field(name, of: after) == field(name, of: before))
        }
    }

    /// The kernel marks memory as private when who runs on it changes the user, and that memory was borrowed. Other
    /// tests of this process do the same at the same time, so there is more than one try.
    @Test func itsMemoryIsMarkedAsBefore() throws {
        let (get, set): (CInt, CInt) = (3, 4)
        func isMarked(after body: () throws -> Void) throws -> Bool {
            try eventually {
                CLinux_prctl(set, 1)
                try body()
                return CLinux_prctl(get, 0) == 1
            }
        }
        #expect(try isMarked { _ = try accessFaults(of: Self.user, [FileUse("/", R_OK)]) })
        #expect(try isMarked { _ = try run(["/bin/true"]) { $0.identity = Self.user } })
    }

    @Test func itLeavesNoChild() throws {
        let before = try text(of: "/proc/thread-self/children")
        for _ in 0..<20 { _ = try accessFaults(of: Self.user, [FileUse("/", R_OK)]) }
        #expect(try text(of: "/proc/thread-self/children") == before)
    }

    @Test func whoCannotChangeTheUserIsTold() throws {
        // The helper is this program's own code, so a caller without the capability is another process: not to be had
        // here. A group list that is too long is refused by the same call.
        let many = ChildLaunch.Identity(
            uid: 54321, gid: 54322, groups: [UInt32](repeating: 1, count: 65_537))
        #expect(throws: Errno.EINVAL) { try accessFaults(of: many, [FileUse("/", R_OK)]) }
    }
}

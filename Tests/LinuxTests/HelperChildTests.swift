import Glibc
import Linux
import Testing

@Suite(.enabled(if: isRoot, "needs root"))
struct HelperChildTests {
    @Test func worksElsewhereAndHandsDescriptorsBack() throws {
        let folder = try TemporaryFolder()
        let opened = try runInHelperChild([
            .unshare(.mount),
            .mount(source: "none", path: "/", type: "", flags: 0x4000 | 0x4_0000, data: ""),
            .mount(source: "none", path: folder.path, type: "tmpfs", flags: 0, data: "size=64k"),
            .clone(folder: .workingDirectory, path: folder.path, recursive: false),
            .open(folder: .result(ofStep: 3), path: ".", flags: O_RDONLY | O_DIRECTORY, resolution: []),
            .detach(folder.path),
            .detach(folder.path),
        ])
        #expect(opened.keys.sorted() == [3, 4])
        let inside = try #require(opened[4])
        #expect(mkdirat(inside.raw, "only-there", 0o755) == 0)
        #expect(access("\(folder.path)/only-there", F_OK) != 0)
        #expect(try MountTable.read().entries.allSatisfy { $0.mountPoint != folder.path })
        #expect(fcntl(inside.raw, F_GETFD) == FD_CLOEXEC)
    }

    @Test func namesTheStepThatFails() throws {
        let failure = #expect(throws: HelperFailure.self) {
            try runInHelperChild([
                .open(folder: .workingDirectory, path: "/", flags: O_RDONLY, resolution: []),
                .changeDirectory("/nowhere"),
                .open(folder: .workingDirectory, path: "/", flags: O_RDONLY, resolution: []),
            ])
        }
        #expect(failure?.step == 1)
        #expect(failure?.errno == .ENOENT)
    }

    @Test func takesNoResultOfALaterStep() throws {
        let failure = #expect(throws: HelperFailure.self) {
            try runInHelperChild([
                .open(folder: .result(ofStep: 5), path: "x", flags: O_RDONLY, resolution: [])
            ])
        }
        #expect(failure?.errno == .EBADF)
    }

    @Test func reapsItsChildrenWithoutASignal() throws {
        try blockSignals([SIGCHLD])
        defer { _ = try? unblockSignals([SIGCHLD]) }
        let before = try text(of: "/proc/thread-self/children")
        for _ in 0..<50 { _ = try runInHelperChild([.changeDirectory("/")]) }
        #expect(try text(of: "/proc/thread-self/children") == before)
    }
}

import Glibc
import Linux
import RuntimeErrors
import Testing

@testable import SharedFilesystem

@Suite(.enabled(if: isRoot, "needs root"))
struct PreparedMountTests {
    @Test func tellsWhatABindSourceIs() throws {
        let folder = try TemporaryFolder()
        mkfifo("\(folder.path)/fifo", 0o600)
        _ = try UnixListener(binding: "\(folder.path)/socket")
        try folder.file("file")
        let expected: [(String, FileStatus.Kind)] = [
            (folder.path, .directory), ("\(folder.path)/file", .file), ("\(folder.path)/fifo", .fifo),
            ("\(folder.path)/socket", .socket), ("/dev/null", .characterDevice),
        ]
        let tree = try SharedTree.create()
        for (index, (path, kind)) in expected.enumerated() {
            let mount = try PreparedMount.bind(BindSource(path: path, readOnly: true))
            #expect(mount.kind == kind)
            try tree.attach([mount], at: SharedPlace(container: "c", .mount(index)))
        }
        let kinds = try shell("cd /run/shared/c/mounts; stat -c %F *", in: tree)
        #expect(
            kinds == "directory\nregular empty file\nfifo\nsocket\ncharacter special file\n")
        #expect(try shell("cat /run/shared/c/mounts/4", in: tree).contains("ermission denied"))
    }

    @Test func followsLinksOfTheHostButNotThoseOfProc() throws {
        let folder = try TemporaryFolder()
        try folder.file("file", "x")
        symlink("file", "\(folder.path)/link")
        #expect(try PreparedMount.bind(BindSource(path: "\(folder.path)/link", readOnly: true)).kind == .file)
        for path in ["/proc/self/cwd", "/proc/self/root/etc", "/proc/self/fd/0"] {
            #expect(throws: RuntimeError.self) {
                try PreparedMount.bind(BindSource(path: path, readOnly: true))
            }
        }
    }

    @Test(arguments: ["", "relative", "/nowhere/at/all", "/etc/passwd/x"])
    func refusesWhatIsNotThere(_ path: String) {
        let error = #expect(throws: RuntimeError.self) {
            try PreparedMount.bind(BindSource(path: path, readOnly: true))
        }
        #expect(error?.message.contains("'\(path)'") == true)
    }

    @Test(arguments: [false, true], [false, true])
    func takesMountsBeneathAlongAsAsked(_ recursive: Bool, _ recursivelyReadOnly: Bool) throws {
        let folder = try TemporaryFolder()
        let inner = try folder.folder("inner")
        guard mount("none", inner, "tmpfs", 0, "size=64k") == 0 else { throw Errno.current }
        defer { umount2(inner, CInt(MNT_DETACH)) }
        try folder.file("inner/f", "deep")
        let tree = try SharedTree.create()
        let source = BindSource(
            path: folder.path, readOnly: true, recursive: recursive, recursivelyReadOnly: recursivelyReadOnly)
        try tree.attach([try .bind(source)], at: SharedPlace(container: "c", .rootfs))
        let output = try shell(
            "cd /run/shared/c/rootfs; cat inner/f; echo y > inner/g || echo refused; echo z > h || echo refused",
            in: tree)
        #expect(output.hasPrefix("deep") == recursive)
        let refusals = output.split(separator: "\n").filter { $0 == "refused" }.count
        #expect(refusals == (recursive && !recursivelyReadOnly ? 1 : 2))
        // A mount that the host adds later does not come along, nor does one made inside travel back.
        #expect(try mounts(in: tree).allSatisfy { $0.propagation.isEmpty })
    }
}

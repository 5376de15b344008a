import Glibc
import Linux
import Testing

@Suite struct RemoveTreeTests {
    @Test func removesFilesFoldersAndLinksButNotWhatTheyPointTo() throws {
        let folder = try TemporaryFolder()
        let kept = try folder.file("kept", "text")
        mkdir("\(folder.path)/tree", 0o755)
        mkdir("\(folder.path)/tree/deep", 0o755)
        try folder.file("tree/deep/file", "text")
        symlink(kept, "\(folder.path)/tree/link")
        symlink(folder.path, "\(folder.path)/tree/deep/up")
        let root = try openDescriptor(folder.path, flags: pathOnly | O_DIRECTORY)
        try removeTree("tree", in: root.raw)
        #expect(access("\(folder.path)/tree", F_OK) != 0)
        #expect(try text(of: kept) == "text")
    }

    @Test func aDeeperTreeIsLeftAlone() throws {
        let folder = try TemporaryFolder()
        for path in ["a", "a/b", "a/b/c"] { mkdir("\(folder.path)/\(path)", 0o755) }
        let root = try openDescriptor(folder.path, flags: pathOnly | O_DIRECTORY)
        #expect(throws: Errno.ENOTEMPTY) { try removeTree("a", in: root.raw, levels: 1) }
        #expect(access("\(folder.path)/a/b/c", F_OK) == 0)
    }

    @Test func nothingThereIsToldAsSuch() throws {
        let folder = try TemporaryFolder()
        let root = try openDescriptor(folder.path, flags: pathOnly | O_DIRECTORY)
        #expect(throws: Errno.ENOENT) { try removeTree("absent", in: root.raw) }
    }

    @Test func entriesAreListedWithTheirKindTwice() throws {
        let folder = try TemporaryFolder()
        try folder.file("file", "")
        mkdir("\(folder.path)/folder", 0o755)
        let root = try openDescriptor(folder.path, flags: O_RDONLY | O_DIRECTORY)
        for _ in 1...2 {
            let entries = try folderEntries(of: root.raw).sorted { $0.name < $1.name }
            #expect(
                entries == [
                    FolderEntry(name: "file", isFolder: false), FolderEntry(name: "folder", isFolder: true),
                ])
        }
    }
}

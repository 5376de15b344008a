import Glibc

/// What a folder holds under one name.
package struct FolderEntry: Sendable, Equatable {
    package let name: String
    /// Whether it is a folder itself. File systems that do not say so while listing make this false.
    package let isFolder: Bool

    /// Names an entry; see the properties.
    package init(name: String, isFolder: Bool) {
        self.name = name
        self.isFolder = isFolder
    }
}

/// Lists an open folder, without "." and "..", in the file system's order.
///
/// - Throws: `Errno`.
package func folderEntries(of folder: CInt) throws(Errno) -> [FolderEntry] {
    // A description of its own: the position in the folder belongs to it.
    let raw = try openDescriptor(".", in: folder, flags: O_RDONLY | O_DIRECTORY).release()
    guard let stream = fdopendir(raw) else {
        let error = Errno.current
        close(raw)
        throw error
    }
    defer { closedir(stream) }
    var entries: [FolderEntry] = []
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard name != ".", name != ".." else { continue }
        entries.append(FolderEntry(name: name, isFolder: entry.pointee.d_type == UInt8(DT_DIR)))
    }
    return entries
}

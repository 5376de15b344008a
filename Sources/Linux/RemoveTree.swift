import Glibc

/// Removes `path` and all beneath it in the tree whose root is `folder`. Somebody else may remove the same at the
/// same time. For trees of this program's own: no link is followed, and more than `levels` levels are left alone.
///
/// - Throws: `Errno`: `ENOENT` if there is nothing at `path`, `ENOTEMPTY` for a tree that is deeper.
package func removeTree(_ path: String, in folder: CInt, levels: Int = 4) throws(Errno) {
    try? CrashPoint.pass("tree.remove")
    guard try FileStatus(of: path, in: folder, followLinks: false).kind == .directory else {
        try checkedErrno { unlinkat(folder, path, 0) }
        return
    }
    if levels > 0 {
        let opened = try openDescriptor(
            path, in: folder, flags: O_RDONLY | O_DIRECTORY, resolution: [.beneath, .noSymlinks])
        for entry in try folderEntries(of: opened.raw) {
            do throws(Errno) {
                try removeTree("\(path)/\(entry.name)", in: folder, levels: levels - 1)
            } catch .ENOENT {
                continue
            }
        }
    }
    try? CrashPoint.pass("tree.remove-folder")
    // AT_REMOVEDIR
    try checkedErrno { unlinkat(folder, path, 0x200) }
}

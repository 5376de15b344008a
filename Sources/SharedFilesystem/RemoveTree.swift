import Glibc
import Linux

/// Removes `path` and all beneath it in the tree whose root is `folder`; the tree is this program's own, four
/// levels deep at most.
///
/// - Throws: `Errno`: `ENOENT` if there is nothing at `path`.
func removeTree(_ path: String, in folder: CInt, levels: Int = 4) throws(Errno) {
    guard try FileStatus(of: path, in: folder, followLinks: false).kind == .directory else {
        try checkedErrno { unlinkat(folder, path, 0) }
        return
    }
    if levels > 0 {
        for name in try names(in: path, of: folder) {
            try removeTree("\(path)/\(name)", in: folder, levels: levels - 1)
        }
    }
    // AT_REMOVEDIR
    try checkedErrno { unlinkat(folder, path, 0x200) }
}

/// The names in a folder, without "." and "..".
private func names(in path: String, of folder: CInt) throws(Errno) -> [String] {
    let raw = try openDescriptor(
        path, in: folder, flags: O_RDONLY | O_DIRECTORY, resolution: [.beneath, .noSymlinks]
    ).release()
    guard let stream = fdopendir(raw) else {
        let error = Errno.current
        close(raw)
        throw error
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names
}

import Glibc
import Linux

/// Files, folders and links of the fake host.
extension FakeHost {
    /// Makes a folder and those above it.
    package func makeFolder(_ path: String) throws {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, 0o755) != 0 else { continue }
            let error = Errno.current
            guard error == .EEXIST else { throw error }
        }
    }

    /// Writes a file, with the folders above it.
    package func write(_ text: String, to path: String) throws {
        try makeFolder(parent(path))
        let file = try openDescriptor(path, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        try writeAll(Array(text.utf8), to: file.raw)
    }

    /// The text of a file.
    package func read(_ path: String) throws -> String {
        let file = try openDescriptor(path, flags: O_RDONLY)
        return String(decoding: try readAll(file.raw, limit: 1 << 20), as: UTF8.self)
    }

    /// Makes a link at `path`, relative as those of sysfs are, to another path of this host.
    package func link(_ path: String, to target: String) throws {
        try makeFolder(parent(path))
        var from = parent(path).split(separator: "/")
        var to = target.split(separator: "/")
        while let first = from.first, first == to.first {
            from.removeFirst()
            to.removeFirst()
        }
        let relative = (from.map { _ in ".." } + to.map(String.init)).joined(separator: "/")
        try checkedErrno { symlink(relative, path) }
    }

    /// Removes a file, a link or a folder with all beneath it; nothing there is fine.
    package func remove(_ path: String) throws {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        do {
            let folder = try openDescriptor(parent(path), flags: pathOnly | O_DIRECTORY)
            try removeTree(name, in: folder.raw, levels: 16)
        } catch {
            guard error == .ENOENT else { throw error }
        }
    }

    /// Where a link or folder of this host really is.
    package func realPath(_ path: String) throws -> String {
        guard let resolved = realpath(path, nil) else { throw Errno.current }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Every entry of `/sys`, `/dev`, `/proc` and `/run`, by path: what kind it is, where a link points, what a file holds.
    package func snapshot() throws -> [String: String] {
        var entries: [String: String] = [:]
        var folders = [roots.prefix]
        while let folder = folders.popLast() {
            let opened = try openDescriptor(folder, flags: O_RDONLY | O_DIRECTORY)
            for name in try folderEntries(of: opened.raw).map(\.name) {
                let path = "\(folder)/\(name)"
                switch try FileStatus(of: path, followLinks: false).kind {
                case .directory:
                    folders.append(path)
                    entries[path] = "folder"
                case .symbolicLink:
                    var buffer = [CChar](repeating: 0, count: 4096)
                    let count = try checkedErrno { readlink(path, &buffer, buffer.count) }
                    let target = buffer[..<count].map(UInt8.init(bitPattern:))
                    entries[path] = "link to \(String(decoding: target, as: UTF8.self))"
                case .file: entries[path] = "file: \(try read(path))"
                case let kind: entries[path] = kind.rawValue
                }
            }
        }
        return entries
    }

    private func parent(_ path: String) -> String {
        "/" + path.split(separator: "/").dropLast().joined(separator: "/")
    }
}

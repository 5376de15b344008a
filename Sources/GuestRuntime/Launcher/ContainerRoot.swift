import CLinux
import Glibc
import Linux

/// The root folder of a container, seen from outside: every path is walked by descriptor and stays beneath it,
/// whatever links an image or another container has put there.
struct ContainerRoot {
    /// What a mount point must be.
    enum Kind {
        case directory
        case file
    }

    /// An O_PATH descriptor of the folder.
    let directory: SharedDescriptor

    /// Opens what `path` names; links are followed, with this folder as their root.
    ///
    /// - Throws: `Errno`; `ELOOP` for the links of /proc that jump.
    func open(_ path: String, flags: CInt = pathOnly) throws(Errno) -> SharedDescriptor {
        try openDescriptor(path, in: directory.raw, flags: flags, resolution: [.inRoot, .noMagicLinks])
            .shared()
    }

    /// Opens what `path` names, without any link on the way.
    func openPlain(_ path: String, flags: CInt = pathOnly) throws(Errno) -> SharedDescriptor {
        try openDescriptor(
            path, in: directory.raw, flags: flags, resolution: [.inRoot, .noMagicLinks, .noSymlinks]
        ).shared()
    }

    /// Opens what `path` names; what is missing of it is made, also where a link points to nothing.
    func openOrMake(_ path: String, _ kind: Kind) throws(Errno) -> SharedDescriptor {
        do {
            return try open(path)
        } catch .ENOENT {
            return try make(path, kind)
        }
    }

    /// Walks name by name. Links are read, not followed: what they hold is walked in the same way, so that the
    /// kernel never chooses where to go, and ".." goes back on this walk's own steps.
    private func make(_ path: String, _ kind: Kind) throws(Errno) -> SharedDescriptor {
        var pending = Self.names(of: path)
        var trail = [directory]
        var links = 0
        while let name = pending.popLast() {
            guard name != ".." else {
                if trail.count > 1 { trail.removeLast() }
                continue
            }
            let parent = trail[trail.count - 1]
            let entry = try openOrMakeEntry(name, in: parent, pending.isEmpty ? kind : .directory)
            switch try FileKind(of: entry.raw) {
            case .link:
                links += 1
                // A link of /proc may jump; its text says nothing about where.
                let mayJump = try FileSystemMagic.proc.holds(entry.raw)
                guard links <= 40, !mayJump else { throw .ELOOP }
                let target = try readLink(entry.raw)
                if target.utf8.first == UInt8(ascii: "/") { trail = [directory] }
                pending += Self.names(of: target)
            case .directory:
                trail.append(entry)
            case .regular, .other:
                guard pending.isEmpty else { throw .ENOTDIR }
                return entry
            }
        }
        return trail[trail.count - 1]
    }

    private func openOrMakeEntry(
        _ name: String, in parent: SharedDescriptor, _ kind: Kind
    ) throws(Errno) -> SharedDescriptor {
        do {
            return try entry(name, in: parent)
        } catch .ENOENT {
            do {
                switch kind {
                case .directory: try checkedErrno { mkdirat(parent.raw, name, 0o755) }
                case .file:
                    _ = try openDescriptor(
                        name, in: parent.raw, flags: O_CREAT | O_EXCL | O_NOFOLLOW | O_RDONLY, mode: 0o644)
                }
            } catch .EEXIST {
                // Somebody else was faster; what counts is what is opened next.
            }
            return try entry(name, in: parent)
        }
    }

    private func entry(_ name: String, in parent: SharedDescriptor) throws(Errno) -> SharedDescriptor {
        try openDescriptor(name, in: parent.raw, flags: pathOnly | O_NOFOLLOW, resolution: .beneath).shared()
    }

    /// The names of a path, last first, without the empty ones.
    private static func names(of path: String) -> [String] {
        path.split(separator: "/").map(String.init).filter { $0 != "." }.reversed()
    }
}

/// What a descriptor is open on, as far as path work cares.
enum FileKind {
    case directory
    case regular
    case link
    case other

    init(of descriptor: CInt) throws(Errno) {
        var status = CLinux_file_status()
        try checked(CLinux_status(descriptor, "", atEmptyPath, &status))
        self =
            switch status.mode & S_IFMT {
            case S_IFDIR: .directory
            case S_IFREG: .regular
            case S_IFLNK: .link
            default: .other
            }
    }
}

/// The text of the link that an O_PATH descriptor is open on.
func readLink(_ descriptor: CInt) throws(Errno) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = try checkedErrno { readlinkat(descriptor, "", &buffer, buffer.count) }
    return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
}

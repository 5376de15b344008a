import Glibc
import Linux
import RuntimeErrors

@testable import SharedFilesystem

let isRoot = geteuid() == 0

/// A folder of its own for one test, removed with all that is in it.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/swiftlet-share-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno.current }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    @discardableResult
    func file(_ name: String, _ text: String = "") throws -> String {
        let descriptor = try openDescriptor(
            "\(path)/\(name)", flags: O_CREAT | O_WRONLY | O_TRUNC, mode: 0o644)
        try writeAll([UInt8](text.utf8), to: descriptor.raw)
        return "\(path)/\(name)"
    }

    @discardableResult
    func folder(_ name: String) throws -> String {
        let path = "\(path)/\(name)"
        guard mkdir(path, 0o755) == 0 else { throw Errno.current }
        return path
    }

    deinit {
        _ = try? run(["/bin/rm", "-rf", path])
    }
}

func text(of path: String, in directory: CInt = AT_FDCWD) throws -> String {
    let file = try openDescriptor(path, in: directory, flags: O_RDONLY)
    return String(decoding: try readAll(file.raw, limit: 1 << 24), as: UTF8.self)
}

/// Runs a program to its end and returns what it wrote.
func run(
    _ arguments: [String], in tree: SharedTree? = nil
) throws -> (status: ExitStatus, text: String) {
    var pipe: (read: SharedDescriptor, write: SharedDescriptor)? = try makePipe()
    guard let reading = pipe?.read, let writing = pipe?.write.raw else { throw Errno.EBADF }
    let null = try openDescriptor("/dev/null", flags: O_RDWR).shared()
    var launch = ChildLaunch(
        executable: arguments[0], arguments: arguments, environment: ["PATH=/usr/bin:/bin"],
        descriptors: [(null.raw, 0), (writing, 1), (writing, 2)])
    if let tree {
        launch.joinNamespaces = [tree.namespace.raw]
        launch.workingDirectory = "/"
    }
    let child = try spawn(launch)
    pipe = nil
    let text = String(decoding: try readAll(reading.raw, limit: 1 << 24), as: UTF8.self)
    return (try waitUntilExit(of: child.pid), text)
}

/// What a shell in the tree's namespace prints.
func shell(_ script: String, in tree: SharedTree) throws -> String {
    try run(["/bin/sh", "-c", script], in: tree).text
}

/// The mounts of the tree's namespace, as seen from inside.
func mounts(in tree: SharedTree) throws -> [MountEntry] {
    try MountTable(parsing: [UInt8](try shell("cat /proc/self/mountinfo", in: tree).utf8)).entries
}

/// Whether the mount table of the host is the same, line for line, before `body` and when it calls the function
/// that it is given. Others mount and unmount meanwhile: what must be found is one undisturbed attempt, which a
/// mount of ours would never allow.
func hostMountsStay(_ body: (() throws -> Void) throws -> Void) throws -> Bool {
    for _ in 0..<50 {
        let before = try text(of: "/proc/self/mountinfo")
        var isSame = true
        try body { isSame = try isSame && text(of: "/proc/self/mountinfo") == before }
        if isSame { return true }
        usleep(20_000)
    }
    return false
}

/// Whether `condition` comes true within ten seconds.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<1000 {
        if try condition() { return true }
        usleep(10_000)
    }
    return false
}

import Glibc
import Linux
import RuntimeErrors

/// A folder of its own for one test, removed with all that is in it.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/swiftlet-linux-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno.current }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Writes a file and returns its path.
    @discardableResult
    func file(_ name: String, _ text: String) throws -> String {
        let descriptor = try openDescriptor(
            "\(path)/\(name)", flags: O_CREAT | O_WRONLY | O_TRUNC, mode: 0o644)
        try writeAll([UInt8](text.utf8), to: descriptor.raw)
        return "\(path)/\(name)"
    }

    deinit {
        _ = try? run(["/bin/rm", "-rf", path])
    }
}

func text(of path: String) throws -> String {
    let file = try openDescriptor(path, flags: O_RDONLY)
    return String(decoding: try readAll(file.raw, limit: 1 << 24), as: UTF8.self)
}

struct Output: Equatable {
    var status: ExitStatus
    var text: String
}

/// Runs a program to its end and returns what it wrote.
func run(
    _ arguments: [String], _ change: (inout ChildLaunch) throws -> Void = { _ in }
) throws -> Output {
    let null = try openDescriptor("/dev/null", flags: O_RDWR).shared()
    var pipe: (read: SharedDescriptor, write: SharedDescriptor)? = try makePipe()
    guard let reading = pipe?.read, let writing = pipe?.write.raw else { throw Errno.EBADF }
    var launch = ChildLaunch(
        executable: arguments[0], arguments: arguments, environment: ["PATH=/usr/bin:/bin"],
        descriptors: [(null.raw, 0), (writing, 1), (writing, 2)])
    try change(&launch)
    let child = try spawn(launch)
    pipe = nil
    let text = String(decoding: try readAll(reading.raw, limit: 1 << 24), as: UTF8.self)
    return Output(status: try waitUntilExit(of: child.pid), text: text)
}

/// Whether `condition` comes true within five seconds.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<1000 {
        if try condition() { return true }
        usleep(5000)
    }
    return false
}

/// Whether the process exists and has not ended.
func isAlive(_ pid: pid_t) -> Bool {
    guard let status = try? text(of: "/proc/\(pid)/stat"), let end = status.lastIndex(of: ")") else {
        return false
    }
    return !status[end...].hasPrefix(") Z")
}

let isRoot = geteuid() == 0

package import Glibc
package import RuntimeErrors

/// The cgroup `swiftlet/<key>` that holds the helper processes of one sandbox, so that none of them can be
/// missed when it ends.
package struct SandboxCgroup: Sendable {
    /// The folder above those of all sandboxes.
    package static let parentName = "swiftlet"

    package let hierarchy: CgroupHierarchy
    package let path: String

    /// Names the cgroup of the sandbox `key`; nothing is touched.
    ///
    /// - Parameter key: letters and digits.
    package init(_ key: String, in hierarchy: CgroupHierarchy) {
        self.hierarchy = hierarchy
        path = "\(hierarchy.path)/\(Self.parentName)/\(key)"
    }

    /// The file through which a process joins, for `ChildLaunch.cgroupProcsPaths`.
    package var procsPath: String { "\(path)/cgroup.procs" }

    /// Makes the cgroup; one that is there already is taken over.
    ///
    /// - Throws: `RuntimeError`.
    package func create() throws(RuntimeError) {
        try CrashPoint.pass("cgroup.make")
        var error = Errno.ENOENT
        // The last sandbox to end removes the parent, perhaps between the two calls.
        for _ in 0..<100 where error == .ENOENT {
            _ = mkdir(parent, 0o755)
            if mkdir(path, 0o755) == 0 { return }
            error = .current
            if error == .EEXIST { return }
        }
        throw RuntimeError(error, "can't make the cgroup '\(path)'")
    }

    private var parent: String { "\(hierarchy.path)/\(Self.parentName)" }

    /// A descriptor of the folder for `ChildLaunch.cgroup`; nil on v1, where a child joins by `procsPath`.
    ///
    /// - Throws: `RuntimeError`.
    package func openForBirth() throws(RuntimeError) -> SharedDescriptor? {
        guard hierarchy.version == .unified else { return nil }
        do throws(Errno) {
            return try openDescriptor(path, flags: O_RDONLY | O_DIRECTORY).shared()
        } catch {
            throw RuntimeError(error, "can't open the cgroup '\(path)'")
        }
    }

    /// How a child gets into the cgroup, for `ChildLaunch`: it is born in it where the kernel can do that. To join it
    /// later costs a grace period of the kernel, ten milliseconds and more, in which the caller stands still.
    ///
    /// - Throws: `RuntimeError`.
    package func entry() throws(RuntimeError) -> (folder: SharedDescriptor?, procsPaths: [String]) {
        let folder = try openForBirth()
        return (folder, folder == nil ? [procsPath] : [])
    }

    /// The processes in the cgroup, in the pid namespace of the caller; none if the cgroup is gone.
    ///
    /// - Throws: `RuntimeError`.
    package func processes() throws(RuntimeError) -> [pid_t] {
        do throws(Errno) {
            let file = try openDescriptor(procsPath, flags: O_RDONLY)
            let bytes = try readAll(file.raw, limit: 1 << 20)
            return bytes.split(separator: UInt8(ascii: "\n")).compactMap {
                pid_t(String(decoding: $0, as: UTF8.self))
            }
        } catch .ENOENT, .ENODEV {
            return []
        } catch {
            throw RuntimeError(error, "can't read '\(procsPath)'")
        }
    }

    /// Kills every process in the cgroup, without a gap in which one could fork away.
    ///
    /// - Throws: `RuntimeError`; a cgroup that is gone is no error.
    package func killAll() throws(RuntimeError) {
        try CrashPoint.pass("cgroup.kill")
        if hierarchy.version == .unified, try write("1", to: "cgroup.kill") { return }
        let (file, frozen, thawed) =
            hierarchy.version == .unified
            ? ("cgroup.freeze", "1", "0") : ("freezer.state", "FROZEN", "THAWED")
        guard try !processes().isEmpty else { return }
        _ = try write(frozen, to: file)
        try? CrashPoint.pass("cgroup.frozen")
        // In a frozen cgroup a pid can't be reused, and a signal stays pending until it thaws. Freezing
        // takes effect process by process: what forked meanwhile is found in the next round.
        var signaled: Set<pid_t> = []
        for _ in 0..<64 {
            let found = try processes().filter { $0 > 0 && signaled.insert($0).inserted }
            if found.isEmpty { break }
            for pid in found { kill(pid, SIGKILL) }
        }
        _ = try write(thawed, to: file)
    }

    /// Waits until no process is left, for at most `limit`. Blocks the calling thread.
    ///
    /// - Returns: whether the cgroup is empty or gone.
    /// - Throws: `RuntimeError`.
    package func waitUntilEmpty(_ limit: Duration) throws(RuntimeError) -> Bool {
        let end = ContinuousClock.now.advanced(by: limit)
        while true {
            if try processes().isEmpty, !isPopulated { return true }
            if ContinuousClock.now >= end { return false }
            usleep(2000)
        }
    }

    /// Whether the kernel still counts a process: one that dies is out of `cgroup.procs` before it is gone.
    private var isPopulated: Bool {
        guard hierarchy.version == .unified else { return false }
        do throws(Errno) {
            let file = try openDescriptor("\(path)/cgroup.events", flags: O_RDONLY)
            let text = String(decoding: try readAll(file.raw, limit: 4096), as: UTF8.self)
            return text.split(separator: "\n").contains("populated 1")
        } catch {
            return false
        }
    }

    /// Removes the cgroup, and the parent folder if this was the last sandbox; one that is gone is no error.
    ///
    /// - Throws: `RuntimeError`: `.failedPrecondition` while a process is in it.
    package func remove() throws(RuntimeError) {
        try CrashPoint.pass("cgroup.remove")
        if rmdir(path) != 0 {
            let error = Errno.current
            guard error == .ENOENT else { throw RuntimeError(error, "can't remove the cgroup '\(path)'") }
        }
        _ = rmdir(parent)
    }

    /// Writes to a file of the cgroup; false if the file or the cgroup does not exist.
    private func write(_ text: String, to file: String) throws(RuntimeError) -> Bool {
        do throws(Errno) {
            let descriptor = try openDescriptor("\(path)/\(file)", flags: O_WRONLY)
            try writeAll([UInt8](text.utf8), to: descriptor.raw)
            return true
        } catch .ENOENT, .ENODEV {
            return false
        } catch {
            throw RuntimeError(error, "can't write '\(text)' to '\(path)/\(file)'")
        }
    }
}

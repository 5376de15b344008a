package import Glibc
package import Linux
package import RuntimeErrors

/// The cgroup v2 folder of one container.
///
/// On a hybrid system the unified hierarchy may lack the controllers; then limits can't be set, and only
/// grouping, freezing and killing work.
package final class ContainerCgroup: Sendable {
    /// Opened once; processes are born in it.
    package let folder: SharedDescriptor
    private let path: String

    /// Makes the folder; leftovers of an earlier container of this id are removed first.
    package init(path: String) throws(RuntimeError) {
        self.path = path
        do throws(Errno) {
            if mkdir(path, 0o755) != 0 {
                guard errno == EEXIST else { throw Errno.current }
                try Self.removeTree(path, depth: 0)
                try checkedErrno { mkdir(path, 0o755) }
            }
            folder = try openDescriptor(path, flags: O_RDONLY | O_DIRECTORY).shared()
        } catch {
            throw RuntimeError(error, "can't make the cgroup '\(path)'")
        }
    }

    /// Whether the folder has this control file.
    package func has(_ name: String) -> Bool {
        faccessat(folder.raw, name, F_OK, 0) == 0
    }

    /// Writes a control file.
    package func write(_ value: String, to name: String) throws(RuntimeError) {
        do {
            let file = try openDescriptor(name, in: folder.raw, flags: O_WRONLY | O_NOFOLLOW)
            try writeAll(Array(value.utf8), to: file.raw)
        } catch {
            throw RuntimeError(error, "can't set '\(name)' of the container's cgroup to '\(value)'")
        }
    }

    /// The text of a control file; nil if the cgroup lacks it.
    package func read(_ name: String) -> String? {
        guard let file = try? openDescriptor(name, in: folder.raw, flags: O_RDONLY | O_NOFOLLOW),
            let bytes = try? readAll(file.raw, limit: 1 << 20)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The pids of all processes in it and beneath.
    package func processes() -> [pid_t] {
        Self.processes(in: folder.raw, depth: 0)
    }

    /// Stops or continues all processes; returns without waiting for the last of them.
    package func freeze(_ frozen: Bool) throws(RuntimeError) {
        try write(frozen ? "1" : "0", to: "cgroup.freeze")
    }

    /// Whether all processes are stopped.
    package var isFrozen: Bool {
        read("cgroup.events")?.split(separator: "\n").contains("frozen 1") ?? false
    }

    /// Sends a signal to every process; SIGKILL reaches also those that are being made.
    package func signal(_ number: CInt) throws(RuntimeError) {
        if number == SIGKILL, has("cgroup.kill") { return try write("1", to: "cgroup.kill") }
        // A process of another pid namespace reads as 0, which as a target means one's own group.
        for pid in processes() where pid > 0 {
            // One that has ended meanwhile needs no signal.
            guard kill(pid, number) != 0, errno != ESRCH else { continue }
            throw RuntimeError(Errno.current, "can't send signal \(number) to the process \(pid)")
        }
    }

    /// Removes the folder and all beneath it.
    ///
    /// - Throws: `failedPrecondition` while processes are left in it.
    package func remove() throws(RuntimeError) {
        do {
            try Self.removeTree(path, depth: 0)
        } catch Errno.ENOENT {
            return
        } catch {
            throw RuntimeError(error, "can't remove the cgroup '\(path)'")
        }
    }

    /// A container may nest cgroups at will; nobody nests them deeper than this.
    private static let maximumDepth = 64

    private static func processes(in folder: CInt, depth: Int) -> [pid_t] {
        var pids: [pid_t] = []
        if let file = try? openDescriptor("cgroup.procs", in: folder, flags: O_RDONLY | O_NOFOLLOW),
            let bytes = try? readAll(file.raw, limit: 1 << 22)
        {
            pids = String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { pid_t($0) }
        }
        guard depth < maximumDepth else { return pids }
        for name in folders(in: folder) {
            guard
                let child = try? openDescriptor(name, in: folder, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            else { continue }
            pids += processes(in: child.raw, depth: depth + 1)
        }
        return pids
    }

    private static func removeTree(_ path: String, depth: Int) throws(Errno) {
        do {
            let folder = try openDescriptor(path, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            for name in folders(in: folder.raw) where depth < maximumDepth {
                try removeTree("\(path)/\(name)", depth: depth + 1)
            }
        }
        try checkedErrno { rmdir(path) }
    }

    /// The names of its control files.
    var names: [String] {
        ((try? folderEntries(of: folder.raw)) ?? []).filter { !$0.isFolder }.map(\.name)
    }

    private static func folders(in folder: CInt) -> [String] {
        ((try? folderEntries(of: folder)) ?? []).filter(\.isFolder).map(\.name)
    }
}

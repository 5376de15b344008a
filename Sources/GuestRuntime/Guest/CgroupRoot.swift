import Glibc
import Linux
import RuntimeErrors

/// The folder of the agent in the cgroup hierarchy, with all controllers handed down to containers.
enum CgroupRoot {
    /// Makes the folder; a controller that the kernel lacks is left out.
    static func make(_ path: String) throws -> String {
        _ = mkdir(path, 0o755)
        guard access(path + "/cgroup.procs", F_OK) == 0 else {
            throw RuntimeError(Errno.current, "can't make the cgroup '\(path)'")
        }
        let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        for folder in [parent, path] {
            for controller in ["cpu", "cpuset", "io", "memory", "pids", "hugetlb"] {
                guard let file = try? openDescriptor(folder + "/cgroup.subtree_control", flags: O_WRONLY)
                else { continue }
                try? writeAll(Array("+\(controller)".utf8), to: file.raw)
            }
        }
        return path
    }
}

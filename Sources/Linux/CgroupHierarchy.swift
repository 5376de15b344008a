import Glibc
package import RuntimeErrors

/// The cgroup hierarchy that sandboxes are put into, to find and end their processes.
package struct CgroupHierarchy: Sendable, Equatable {
    /// Which interface the folders have.
    package enum Version: Sendable, Equatable {
        /// cgroup2: `cgroup.kill`, `cgroup.freeze`, `cgroup.events`.
        case unified
        /// The freezer controller of v1: `freezer.state`.
        case freezer
    }

    package let version: Version
    /// The hierarchy's root folder.
    package let path: String

    /// A hierarchy whose root is known.
    package init(version: Version, path: String) {
        self.version = version
        self.path = path
    }

    /// Finds the hierarchy under `root`: cgroup2 at its top or as `unified` (hybrid), else v1's freezer.
    ///
    /// - Parameter root: `/sys/fs/cgroup`, or a test's.
    /// - Throws: `RuntimeError` `.failedPrecondition` if there is neither.
    package static func find(root: String = "/sys/fs/cgroup") throws(RuntimeError) -> CgroupHierarchy {
        if isPresent("\(root)/cgroup.controllers") {
            return CgroupHierarchy(version: .unified, path: root)
        }
        if isPresent("\(root)/unified/cgroup.controllers") {
            return CgroupHierarchy(version: .unified, path: "\(root)/unified")
        }
        if isPresent("\(root)/freezer/cgroup.procs") {
            return CgroupHierarchy(version: .freezer, path: "\(root)/freezer")
        }
        throw RuntimeError(
            .failedPrecondition,
            "can't find a cgroup hierarchy under '\(root)': neither cgroup2 nor the v1 freezer is mounted; "
                + "mount one of them")
    }

    private static func isPresent(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }
}

import Glibc
import Linux
import RuntimeErrors

/// Finds the mounts, other than the root, that files of the host lie on.
enum MountsToCopy {
    /// The mount points, outer ones first, without which `paths` could not be reached from the root mount.
    ///
    /// - Throws: `RuntimeError` `.failedPrecondition` for a path beneath a folder that the namespace replaces.
    static func needed(for paths: [String]) throws(RuntimeError) -> [String] {
        var elsewhere: Set<UInt64> = []
        let root = mountID(of: "/")
        for path in paths {
            guard let id = mountID(of: path), id != root else { continue }
            elsewhere.insert(id)
        }
        // The table is as long as the host has mounts: it is read only where it is needed.
        guard let root, !elsewhere.isEmpty else { return [] }
        return try mountPoints(leadingTo: elsewhere, from: root, in: MountTable.read())
    }

    /// The mount points of `ids` and of the mounts above them up to `root`.
    static func mountPoints(
        leadingTo ids: Set<UInt64>, from root: UInt64, in table: MountTable
    ) throws(RuntimeError) -> [String] {
        let byID = Dictionary(table.entries.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        var found: [UInt64: MountEntry] = [:]
        for id in ids {
            var next = id
            while next != root, found[next] == nil, let entry = byID[next] {
                found[next] = entry
                next = entry.parentID
            }
        }
        let points = found.values.map(\.mountPoint).sorted { $0.utf8.count < $1.utf8.count }
        for point in points
        where ["/proc", "/run"].contains(where: { point == $0 || point.hasPrefix("\($0)/") }) {
            throw RuntimeError(
                .failedPrecondition,
                "can't start virtiofsd from a mount at '\(point)': /proc and /run are replaced in its "
                    + "namespace; install it on another mount")
        }
        return points
    }

    private static func mountID(of path: String) -> UInt64? {
        try? FileStatus(of: path).mountID
    }
}

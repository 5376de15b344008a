import FoundationEssentials
import Glibc
import Linux
package import PodNetwork
import RuntimeErrors
package import VFIO

/// What a sandbox has done on the host that does not end with its processes.
///
/// An entry is on disk before its effect is done, so that `delete` can undo it after a crash at any point;
/// undoing what was never done is harmless.
package enum JournalEntry: Codable, Sendable, Equatable {
    /// The sandbox's cgroup, in which all its helpers run.
    case cgroup(key: String)
    /// An interface that goes from the pod's network namespace with its function, as it was.
    case endpoint(PhysicalEndpoint)
    /// A PCI function that is bound to a VFIO driver.
    case binding(BindingRecord)
}

/// The journal of one sandbox: a line of JSON for each entry, after a line with the format's version.
package struct Journal: Sendable {
    /// The format that this release writes and reads.
    package static let version = 1
    /// More than any sandbox writes; a larger file is not ours.
    private static let maximumBytes = 1 << 20

    /// The file's path.
    package let path: String

    private struct Header: Codable {
        var version: Int
    }

    /// The journal at `path`; nothing is opened yet.
    package init(path: String) {
        self.path = path
    }

    /// Writes an entry and waits until it is on disk.
    package func record(_ entry: JournalEntry) throws {
        try CrashPoint.pass("journal.open")
        let descriptor = try opened(O_WRONLY | O_APPEND | O_CREAT)
        try CrashPoint.pass("journal.write")
        var lines: [UInt8] = []
        if lseek(descriptor.raw, 0, SEEK_END) == 0 {
            lines += try JSONEncoder().encode(Header(version: Self.version)) + [UInt8(ascii: "\n")]
        }
        lines += try JSONEncoder().encode(entry) + [UInt8(ascii: "\n")]
        guard write(descriptor.raw, lines, lines.count) == lines.count, fsync(descriptor.raw) == 0 else {
            throw RuntimeError(
                .unavailable, "can't write journal '\(path)': free space there and try again",
                cause: Errno(rawValue: errno))
        }
    }

    /// All entries in the order in which they were written; none when there is no journal.
    ///
    /// A last line that a crash cut short is left out: its effect was not done yet.
    ///
    /// - Throws: `failedPrecondition` for a journal of another version.
    package func entries() throws -> [JournalEntry] {
        let descriptor: SharedDescriptor
        do throws(RuntimeError) {
            descriptor = try opened(O_RDONLY)
        } catch {
            // Another removal may have been faster.
            guard error.cause as? Errno == .ENOENT else { throw error }
            return []
        }
        var bytes = [UInt8](repeating: 0, count: Self.maximumBytes)
        let count = read(descriptor.raw, &bytes, bytes.count)
        guard count > 0 else { return [] }
        let lines = bytes[..<count].split(separator: UInt8(ascii: "\n"))
        guard let first = lines.first, let header = try? JSONDecoder().decode(Header.self, from: Data(first)),
            header.version == Self.version
        else {
            throw RuntimeError(
                .failedPrecondition,
                "can't read journal '\(path)': it is not of version \(Self.version); delete the sandbox with the release that made it"
            )
        }
        return lines.dropFirst().compactMap { try? JSONDecoder().decode(JournalEntry.self, from: Data($0)) }
    }

    private func opened(_ flags: CInt) throws(RuntimeError) -> SharedDescriptor {
        do throws(Errno) {
            return try openDescriptor(
                path, flags: flags | O_NOFOLLOW, mode: flags & O_CREAT == 0 ? 0 : 0o600
            ).shared()
        } catch {
            throw RuntimeError(.unavailable, "can't open journal '\(path)': check its folder", cause: error)
        }
    }
}

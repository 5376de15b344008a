import Glibc
package import Linux
package import RuntimeErrors
import Synchronization

/// Who has which IOMMU group: a locked file for each, with the owner's name in it. A file that is not locked any more
/// but still names an owner belongs to one that ended before it gave its devices back: nobody else gets the group
/// before that is done.
package final class GroupLocks: Sendable {
    private let roots: HostRoots
    private let folder: String
    private let owner: String
    private let patience: Duration
    private let files = Mutex<[Int: SharedDescriptor]>([:])

    /// The locks of `owner`, in `<run>/vfio`. `patience` is how long another process of the same owner may have one: it
    /// gives the group back, as a second `delete` does at the same time.
    package init(_ roots: HostRoots, owner: String, patience: Duration = .seconds(3)) {
        self.roots = roots
        folder = Self.folder(roots)
        self.owner = owner
        self.patience = patience
    }

    /// The owner of a group; nil if it is free.
    package static func owner(of group: Int, _ roots: HostRoots) -> String? {
        guard let file = try? openDescriptor("\(folder(roots))/group-\(group).lock", flags: O_RDONLY),
            let text = try? text(of: file.raw), !text.isEmpty
        else { return nil }
        return text
    }

    /// The groups that have an owner, each with its name.
    package static func owners(_ roots: HostRoots) -> [Int: String] {
        var owners: [Int: String] = [:]
        for name in (try? SysfsReader().entries(folder(roots))) ?? [] {
            guard let group = group(ofFile: name), let owner = owner(of: group, roots) else { continue }
            owners[group] = owner
        }
        return owners
    }

    /// Whether a living process has a group. Not for those who only look: it tries the lock, and whoever wants to take
    /// the group at that very moment has to try again.
    package static func isHeld(_ group: Int, _ roots: HostRoots) -> Bool {
        guard
            let file = try? openDescriptor(
                "\(folder(roots))/group-\(group).lock", flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        else { return false }
        let raw = file.raw
        do throws(Errno) { try checkedErrno { flock(raw, LOCK_SH | LOCK_NB) } } catch { return true }
        return false
    }

    /// Takes a group; one that is held already stays so.
    ///
    /// - Throws: `RuntimeError`: failed precondition, naming the owner, if another one has it.
    package func take(_ group: Int) throws(RuntimeError) {
        guard files.withLock({ $0[group] }) == nil else { return }
        var backOff = BackOff(patience)
        while true {
            do throws(Errno) {
                try makeFolder()
                let file = try lockedFile(path(group))
                let text = try Self.text(of: file.raw)
                guard text.isEmpty || text == owner else { throw Errno.EBUSY }
                if text.isEmpty { try writeAll(Array(owner.utf8), to: file.raw) }
                files.withLock { $0[group] = file }
                return
            } catch .EBUSY {
                // Without an owner it is just being taken or released.
                let text = Self.owner(of: group, roots)
                if text ?? owner == owner, backOff.pause() { continue }
                throw RuntimeError(
                    .failedPrecondition,
                    "can't take iommu group \(group): sandbox '\(text ?? "unknown")' has it, see "
                        + "'swiftlet devices list'; delete that sandbox, or run 'swiftlet devices restore' if it is gone"
                )
            } catch {
                throw RuntimeError(
                    error, "can't take iommu group \(group): can't lock '\(path(group))'")
            }
        }
    }

    /// Gives a group back; one that is not held is left alone.
    package func release(_ group: Int) {
        guard let file = files.withLock({ $0.removeValue(forKey: group) }) else { return }
        // Removed while locked: who waits for the old file sees that it is not at the path any more.
        _ = unlink(path(group))
        withExtendedLifetime(file) {}
    }

    /// The groups that this process has taken and not released.
    var held: Set<Int> { files.withLock { Set($0.keys) } }

    /// The groups of this owner, also those that an earlier process of it left.
    package func groups() -> [Int] {
        let names = (try? SysfsReader().entries(folder)) ?? []
        return names.compactMap { name in
            guard let group = Self.group(ofFile: name), Self.owner(of: group, roots) == owner else {
                return nil
            }
            return group
        }
    }

    static func folder(_ roots: HostRoots) -> String { "\(roots.run)/vfio" }

    /// 7 of `group-7.lock`; nil for another name.
    private static func group(ofFile name: String) -> Int? {
        guard name.hasPrefix("group-"), name.hasSuffix(".lock") else { return nil }
        return Int(name.dropFirst(6).dropLast(5))
    }

    private func path(_ group: Int) -> String { "\(folder)/group-\(group).lock" }

    private func makeFolder() throws(Errno) {
        var made = ""
        for part in folder.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, 0o700) != 0 else { continue }
            let error = Errno.current
            guard error == .EEXIST || error == .EROFS else { throw error }
        }
    }

    /// The file at `path`, made if need be and locked; `EBUSY` if somebody else has it locked.
    private func lockedFile(_ path: String) throws(Errno) -> SharedDescriptor {
        // Each failed turn means that an owner gave the group back at this very moment.
        for _ in 0..<16 {
            let file = try openDescriptor(path, flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
            do throws(Errno) {
                let raw = file.raw
                try checkedErrno { flock(raw, LOCK_EX | LOCK_NB) }
            } catch .EAGAIN {
                throw .EBUSY
            }
            guard let named = try? FileStatus(of: path), try FileStatus(of: file.raw).isSameFile(as: named)
            else {
                continue
            }
            return file.shared()
        }
        throw .EBUSY
    }

    private static func text(of file: CInt) throws(Errno) -> String {
        String(decoding: try readAll(file, limit: 4096), as: UTF8.self)
    }
}

import FoundationEssentials
import Glibc
import Hypervisor
package import Linux

/// The functions that did not come back to the host, each with what is needed to try again: a file each in
/// `<run>/vfio/quarantine`. No pod gets them.
package struct Quarantine: Sendable {
    /// A function set aside.
    package struct Entry: Codable, Sendable, Equatable {
        package var record: BindingRecord
        /// Why, in one sentence.
        package var reason: String

        /// Whether the function has come back after all, as when a driver took longer than anybody waited.
        func isOver(_ function: PCIFunction) -> Bool {
            function.driver == record.originalDriver && function.driverOverride == record.originalOverride
        }
    }

    private let folder: String

    /// The quarantine of a host.
    package init(_ roots: HostRoots) {
        folder = "\(GroupLocks.folder(roots))/quarantine"
    }

    /// All functions set aside, by address. A file that can't be understood is left out.
    package func entries() -> [Entry] {
        let names = (try? SysfsReader().entries(folder)) ?? []
        return names.compactMap { name in
            guard name.hasSuffix(".json"), let address = HostPCIAddress(name.dropLast(5)) else { return nil }
            return entry(address)
        }
    }

    /// What is known of the function at `address`; nil if it is not set aside.
    func entry(_ address: HostPCIAddress) -> Entry? {
        guard let file = try? openDescriptor(path(address), flags: O_RDONLY | O_NOFOLLOW),
            let bytes = try? readAll(file.raw, limit: 65536)
        else { return nil }
        return try? JSONDecoder().decode(Entry.self, from: Data(bytes))
    }

    /// Sets a function aside.
    ///
    /// - Throws: an encoding error or `Errno`.
    func add(_ entry: Entry) throws {
        let bytes = Array(try JSONEncoder().encode(entry))
        if mkdir(folder, 0o700) != 0, Errno.current != .EEXIST { throw Errno.current }
        let temporary = "\(path(entry.record.address)).new"
        let file = try openDescriptor(
            temporary, flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
        try writeAll(bytes, to: file.raw)
        try checkedErrno { fsync(file.raw) }
        try checkedErrno { rename(temporary, path(entry.record.address)) }
    }

    /// Lets a function be used again.
    func remove(_ address: HostPCIAddress) {
        // Without the last of its functions the folder goes too; rmdir keeps one that is not empty.
        if unlink(path(address)) == 0 { _ = rmdir(folder) }
    }

    private func path(_ address: HostPCIAddress) -> String { "\(folder)/\(address).json" }
}

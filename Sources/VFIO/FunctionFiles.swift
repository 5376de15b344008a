import FoundationEssentials
import Glibc
import Hypervisor
import Linux

/// A small file of JSON for each of some functions, in a folder that is there as long as it has any.
struct FunctionFiles<Content: Codable> {
    /// More than any content has; a larger file is not ours.
    private static var sizeLimit: Int { 65536 }

    let folder: String

    /// The functions that have a file, by address.
    func addresses() -> [HostPCIAddress] {
        let names = (try? SysfsReader().entries(folder)) ?? []
        return names.compactMap { $0.hasSuffix(".json") ? HostPCIAddress($0.dropLast(5)) : nil }
    }

    /// What is noted of the function; nil if nothing is, or nothing that can be understood.
    func content(_ address: HostPCIAddress) -> Content? {
        guard let file = try? openDescriptor(path(address), flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
            let bytes = try? readAll(file.raw, limit: Self.sizeLimit)
        else { return nil }
        return try? JSONDecoder().decode(Content.self, from: Data(bytes))
    }

    /// Notes `content`, which is on disk, whole, when this returns.
    ///
    /// - Throws: an encoding error or `Errno`.
    func write(_ content: Content, of address: HostPCIAddress) throws {
        let bytes = Array(try JSONEncoder().encode(content))
        if mkdir(folder, 0o700) != 0, Errno.current != .EEXIST { throw Errno.current }
        let temporary = "\(path(address)).new"
        let file = try openDescriptor(
            temporary, flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
        try writeAll(bytes, to: file.raw)
        try checkedErrno { fsync(file.raw) }
        try checkedErrno { rename(temporary, path(address)) }
        // The name is on disk only when the folder is.
        let opened = try openDescriptor(folder, flags: O_RDONLY | O_DIRECTORY)
        try checkedErrno { fsync(opened.raw) }
    }

    /// Forgets the function.
    func remove(_ address: HostPCIAddress) {
        // Without the last of its files the folder goes too; rmdir keeps one that is not empty.
        if unlink(path(address)) == 0 { _ = rmdir(folder) }
    }

    private func path(_ address: HostPCIAddress) -> String { "\(folder)/\(address).json" }
}

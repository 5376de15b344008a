import Glibc

/// Reads attributes, links and folders of sysfs with bounds, since nothing promises what stands there.
///
/// A sysfs entry may vanish between two calls; each function tells "not there" from "can't be read".
package struct SysfsReader: Sendable {
    package init() {}

    /// An attribute is never longer than a page.
    package static let attributeLimit = 4096
    /// More entries than any folder of sysfs has that is read here.
    package static let entryLimit = 65536

    /// The text of the attribute at `path` without its last newline; nil if there is none.
    ///
    /// - Throws: `Errno`: `EMSGSIZE` for one longer than a page, `EINVAL` for one that is no text.
    package func attribute(_ path: String) throws(Errno) -> String? {
        let bytes: [UInt8]
        do throws(Errno) {
            // A FIFO in the place of an attribute must not make anybody wait.
            let file = try openDescriptor(path, flags: O_RDONLY | O_NONBLOCK)
            guard try FileStatus(of: file.raw).kind == .file else { throw Errno.EINVAL }
            bytes = try readAll(file.raw, limit: Self.attributeLimit)
        } catch {
            if error == .ENOENT || error == .ENODEV || error == .ENOTDIR { return nil }
            throw error
        }
        guard bytes.allSatisfy({ (0x20..<0x7f).contains($0) || $0 == 0x0a || $0 == 0x09 }) else {
            throw .EINVAL
        }
        let text = bytes.last == 0x0a ? bytes[..<(bytes.count - 1)] : bytes[...]
        return String(decoding: text, as: UTF8.self)
    }

    /// The last component of what the link at `path` points to; nil if there is no link.
    ///
    /// - Throws: `Errno`: `EINVAL` for something else than a link.
    package func linkName(_ path: String) throws(Errno) -> String? {
        guard let target = try linkTarget(path) else { return nil }
        guard let name = target.split(separator: "/").last, name != "..", name != "." else { throw .EINVAL }
        return String(name)
    }

    /// What the link at `path` points to; nil if there is no link.
    ///
    /// - Throws: `Errno`: `EINVAL` for something else than a link.
    package func linkTarget(_ path: String) throws(Errno) -> String? {
        var buffer = [CChar](repeating: 0, count: Self.attributeLimit)
        let count: Int
        do throws(Errno) {
            count = try checkedErrno {
                readlink(path, &buffer, buffer.count)
            }
        } catch {
            if error == .ENOENT || error == .ENOTDIR { return nil }
            throw error
        }
        guard count < buffer.count else { throw .ENAMETOOLONG }
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The names in the folder at `path`, sorted; none if there is no folder.
    ///
    /// - Throws: `Errno`: `EMSGSIZE` for more than ``entryLimit``.
    package func entries(_ path: String) throws(Errno) -> [String] {
        let entries: [FolderEntry]
        do throws(Errno) {
            let folder = try openDescriptor(path, flags: O_RDONLY | O_DIRECTORY)
            entries = try folderEntries(of: folder.raw)
        } catch {
            if error == .ENOENT { return [] }
            throw error
        }
        guard entries.count <= Self.entryLimit else { throw Errno(rawValue: EMSGSIZE) }
        return entries.map(\.name).sorted()
    }

    /// Whether there is anything at `path`; a link counts by what it points to.
    package func exists(_ path: String) -> Bool {
        (try? FileStatus(of: path)) != nil
    }
}

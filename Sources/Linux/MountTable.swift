import Glibc
package import RuntimeErrors

/// One line of /proc/PID/mountinfo (proc_pid_mountinfo(5)).
package struct MountEntry: Sendable, Equatable {
    package let id: UInt64
    package let parentID: UInt64
    package let device: DeviceNumber
    /// The part of the file system that is the root of this mount.
    package let root: String
    /// Where it is mounted, relative to the reading process's root.
    package let mountPoint: String
    package let options: [String]
    /// Propagation, such as `shared:1`.
    package let propagation: [String]
    package let type: String
    package let source: String
    package let superOptions: [String]
}

/// A mount table as /proc/PID/mountinfo shows it.
package struct MountTable: Sendable, Equatable {
    /// Longest table that is read, in bytes: about a hundred thousand mounts.
    package static let sizeLimit = 16 * 1024 * 1024

    package let entries: [MountEntry]

    /// Reads the table at `path`.
    ///
    /// - Throws: `RuntimeError` if it can't be read, is too long or is not understood.
    package static func read(
        _ path: String = "/proc/self/mountinfo"
    ) throws(RuntimeError) -> MountTable {
        let bytes: [UInt8]
        do throws(Errno) {
            let file = try openDescriptor(path, flags: O_RDONLY)
            bytes = try readAll(file.raw, limit: sizeLimit)
        } catch {
            throw RuntimeError(error, "can't read the mount table '\(path)'")
        }
        return try MountTable(parsing: bytes)
    }

    /// Parses the text of a table.
    ///
    /// - Throws: `RuntimeError` that names the line.
    package init(parsing bytes: [UInt8]) throws(RuntimeError) {
        var entries: [MountEntry] = []
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let entry = MountEntry(parsing: line) else {
                throw RuntimeError(
                    .internalError, "can't understand line \(number + 1) of the mount table")
            }
            entries.append(entry)
        }
        self.entries = entries
    }
}

extension MountEntry {
    init?(parsing line: ArraySlice<UInt8>) {
        let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard fields.count >= 9, let dash = fields[6...].firstIndex(where: { $0.elementsEqual("-".utf8) }),
            fields.count >= dash + 4, let id = UInt64(Self.text(fields[0])),
            let parent = UInt64(Self.text(fields[1]))
        else { return nil }
        let numbers = Self.text(fields[2]).split(separator: ":")
        guard numbers.count == 2, let major = UInt32(numbers[0]), let minor = UInt32(numbers[1]) else {
            return nil
        }
        self.id = id
        parentID = parent
        device = DeviceNumber(major: major, minor: minor)
        root = Self.unescaped(fields[3])
        mountPoint = Self.unescaped(fields[4])
        options = Self.list(fields[5])
        propagation = fields[6..<dash].map(Self.text)
        type = Self.unescaped(fields[dash + 1])
        source = Self.unescaped(fields[dash + 2])
        superOptions = Self.list(fields[dash + 3])
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    private static func list(_ bytes: ArraySlice<UInt8>) -> [String] {
        bytes.split(separator: UInt8(ascii: ",")).map(unescaped)
    }

    /// The kernel writes blank, tab, newline and backslash as a backslash and three octal digits.
    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
        var result: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3).compactMap { (0x30...0x37).contains($0) ? UInt16($0 - 0x30) : nil }
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(exactly: digits.reduce(0) { $0 * 8 + $1 })
            {
                result.append(value)
                rest = rest.dropFirst(3)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

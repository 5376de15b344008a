import Glibc
import Linux

/// What has gone through one network interface.
package struct NetworkUse: Sendable, Equatable {
    /// One direction.
    package struct Traffic: Sendable, Equatable {
        package var bytes: UInt64
        package var packets: UInt64
        package var errors: UInt64
        package var dropped: UInt64
    }

    package var name: String
    package var received: Traffic
    package var sent: Traffic

    /// Reads a line of /proc/net/dev: a name, a colon, and 16 numbers, of which the first four of either half count.
    /// Nil for the headings.
    package init?(line: Substring) {
        guard let colon = line.lastIndex(of: ":") else { return nil }
        let numbers = line[line.index(after: colon)...].split(separator: " ").map { UInt64($0) }
        let known = numbers.compactMap(\.self)
        guard known.count == numbers.count, known.count >= 12 else { return nil }
        name = String(line[..<colon].drop { $0 == " " })
        received = Traffic(bytes: known[0], packets: known[1], errors: known[2], dropped: known[3])
        sent = Traffic(bytes: known[8], packets: known[9], errors: known[10], dropped: known[11])
    }

    /// All interfaces of the network namespace that this process is in.
    package static func ofThisMachine() -> [NetworkUse] {
        guard let file = try? openDescriptor("/proc/net/dev", flags: O_RDONLY),
            let bytes = try? readAll(file.raw, limit: 1 << 20)
        else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap(
            NetworkUse.init(line:))
    }
}

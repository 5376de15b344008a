import Glibc

/// What the host does with its block devices: mounts, swap, and what is made of them.
package struct BlockDeviceUse: Sendable {
    private let folder: String
    private let reader = SysfsReader()
    /// nil if it can't be read, which is an error for whoever has disks.
    private let mounts: MountTable?
    private let swap: Set<String>

    /// Reads the mount table and the swap areas of the host below `roots`.
    package init(_ roots: HostRoots) {
        folder = "\(roots.sys)/class/block"
        mounts = try? MountTable.read("\(roots.proc)/self/mountinfo")
        swap = Self.swapAreas("\(roots.proc)/swaps")
    }

    /// Why block devices can't be taken from the host; none if they are free.
    ///
    /// - Parameters:
    ///   - device: A component of the path in sysfs that disks are below, such as a PCI address.
    ///   - others: Disks that belong to it, though they are elsewhere.
    /// - Throws: `Errno` when it can't be told.
    package func reasons(below device: String, and others: [String] = []) throws(Errno) -> [String] {
        var volumes: [Volume] = []
        for disk in (try disks(below: device) + others).sorted() {
            volumes.append(try volume(disk, at: "\(folder)/\(disk)"))
            for part in try reader.entries("\(folder)/\(disk)") where part.hasPrefix(disk) {
                volumes.append(try volume(part, at: "\(folder)/\(disk)/\(part)"))
            }
        }
        guard !volumes.isEmpty else { return [] }
        guard let mounts else { throw .EIO }
        var reasons: [String] = []
        var seen: Set<String> = []
        // A partition is met twice: below its disk and beside it.
        for volume in volumes where seen.insert(volume.name).inserted {
            let mount = mounts.entries.first {
                $0.device == volume.number || $0.source == "/dev/\(volume.name)"
            }
            if let mount { reasons.append("'/dev/\(volume.name)' is mounted at '\(mount.mountPoint)'") }
            if swap.contains(volume.name) { reasons.append("'/dev/\(volume.name)' is swap") }
            if !volume.holders.isEmpty {
                let holders = volume.holders.joined(separator: ", ")
                reasons.append("'/dev/\(volume.name)' is part of \(holders)")
            }
        }
        return reasons
    }

    /// A disk or partition.
    private struct Volume {
        var name: String
        var number: DeviceNumber?
        /// Device-mapper and RAID devices that are made of it.
        var holders: [String]
    }

    private func disks(below device: String) throws(Errno) -> [String] {
        var disks: [String] = []
        for name in try reader.entries(folder) {
            let target = try reader.linkTarget("\(folder)/\(name)")?.split(separator: "/") ?? []
            if target.contains(where: { $0 == device }) { disks.append(name) }
        }
        return disks
    }

    private func volume(_ name: String, at path: String) throws(Errno) -> Volume {
        let numbers = try reader.attribute("\(path)/dev")?.split(separator: ":").map { UInt32($0) } ?? []
        var number: DeviceNumber?
        if numbers.count == 2, let major = numbers[0], let minor = numbers[1] {
            number = DeviceNumber(major: major, minor: minor)
        }
        return Volume(name: name, number: number, holders: try reader.entries("\(path)/holders"))
    }

    private static func swapAreas(_ path: String) -> Set<String> {
        guard let file = try? openDescriptor(path, flags: O_RDONLY | O_NONBLOCK),
            let bytes = try? readAll(file.raw, limit: MountTable.sizeLimit)
        else { return [] }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst()
        return Set(
            lines.compactMap {
                $0.split(whereSeparator: \.isWhitespace).first?.split(separator: "/").last.map(String.init)
            })
    }
}

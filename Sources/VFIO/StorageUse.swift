import Hypervisor
import Linux
import RuntimeErrors

/// The block devices that hang on PCI functions, and what the host does with them.
struct StorageUse {
    private let host: PCIHost
    /// nil if it can't be read, which is an error for whoever has disks.
    private let mounts: MountTable?
    private let swap: Set<String>

    /// Reads the mount table and the swap areas.
    init(_ host: PCIHost) {
        self.host = host
        mounts = try? MountTable.read("\(host.roots.proc)/self/mountinfo")
        swap = Set(
            host.lines("swaps").dropFirst().compactMap {
                $0.split(whereSeparator: \.isWhitespace).first?.split(separator: "/").last.map(String.init)
            })
    }

    /// Why the block devices of `function` can't be taken from the host.
    ///
    /// - Throws: `RuntimeError` when that can't be told.
    func reasons(_ function: PCIFunction) throws(RuntimeError) -> [String] {
        // On a VFIO driver it has none.
        guard function.driver != nil, !function.isOnVFIO else { return [] }
        do throws(Errno) {
            return try reasons(of: try volumes(of: function.address))
        } catch {
            throw RuntimeError(
                .dataLoss, "can't tell what the disks of pci function \(function.address) serve", cause: error
            )
        }
    }

    private func reasons(of volumes: [Volume]) throws(Errno) -> [String] {
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

    private func volumes(of address: HostPCIAddress) throws(Errno) -> [Volume] {
        var volumes: [Volume] = []
        let folder = "\(host.roots.sys)/class/block"
        for disk in try disks(of: address, in: folder) {
            volumes.append(try volume(disk, at: "\(folder)/\(disk)"))
            for part in try host.reader.entries("\(folder)/\(disk)") where part.hasPrefix(disk) {
                volumes.append(try volume(part, at: "\(folder)/\(disk)/\(part)"))
            }
        }
        return volumes
    }

    private func volume(_ name: String, at path: String) throws(Errno) -> Volume {
        let numbers = try host.reader.attribute("\(path)/dev")?.split(separator: ":").map { UInt32($0) } ?? []
        var number: DeviceNumber?
        if numbers.count == 2, let major = numbers[0], let minor = numbers[1] {
            number = DeviceNumber(major: major, minor: minor)
        }
        return Volume(name: name, number: number, holders: try host.reader.entries("\(path)/holders"))
    }

    /// The disks whose place in sysfs is below the function's.
    private func disks(of address: HostPCIAddress, in folder: String) throws(Errno) -> [String] {
        let text = "\(address)"
        var disks: [String] = []
        for name in try host.reader.entries(folder) {
            let target = try host.reader.linkTarget("\(folder)/\(name)")?.split(separator: "/") ?? []
            if target.contains(where: { $0 == text }) { disks.append(name) }
        }
        // With multipathing the disk nvme0n1 is nobody's child; its path nvme0c1n1 is the controller's.
        let nvme = "\(host.folder(of: address))/nvme"
        for controller in try host.reader.entries(nvme) {
            for path in try host.reader.entries("\(nvme)/\(controller)") {
                if let name = Self.disk(ofPath: path) { disks.append(name) }
            }
        }
        return disks.sorted()
    }

    /// `nvme0n1` of `nvme0c1n1`; nil for another name.
    private static func disk(ofPath name: String) -> String? {
        guard name.hasPrefix("nvme"), let c = name.firstIndex(of: "c"), let n = name.lastIndex(of: "n"), c < n
        else { return nil }
        return String(name[..<c]) + String(name[n...])
    }
}

import Glibc
import Linux
import OCI
import RuntimeErrors

/// The block devices that a sandbox asks for, and whether the host can do without them. Writes nothing.
struct DiskSurvey {
    private let roots: HostRoots
    private let use: BlockDeviceUse

    /// A survey of one host, whose mounts and swap are read once.
    init(_ roots: HostRoots) {
        self.roots = roots
        use = BlockDeviceUse(roots)
    }

    /// The disk that a request stands for.
    ///
    /// - Parameter rules: the container's, which say whether it writes to the disk.
    /// - Throws: `notFound` where there is no such node, `failedPrecondition` for one that the host uses itself.
    func disk(
        _ requested: RequestedDevice, _ number: DeviceNumber, rules: [DeviceRule]
    ) throws(RuntimeError) -> HostDisk {
        let path = roots.path(requested.hostPath)
        let what = "can't give the guest disk '\(requested.hostPath)' (\(requested.origin.words))"
        guard let status = try? FileStatus(of: path), status.kind == .blockDevice,
            status.represents == number
        else {
            throw RuntimeError(
                .notFound,
                "\(what): the host has no such block device \(number.major):\(number.minor); name one that it has"
            )
        }
        let reasons: [String]
        do throws(Errno) { reasons = try use.reasons(below: Self.name(ofNode: requested.hostPath)) } catch {
            throw RuntimeError(.dataLoss, "\(what): can't tell whether the host uses it", cause: error)
        }
        guard reasons.isEmpty else {
            throw RuntimeError(
                .failedPrecondition,
                "\(what): \(reasons.joined(separator: ", ")); name a disk that the host does not use")
        }
        return HostDisk(path: path, number: number, isReadOnly: !Self.writes(number, rules))
    }

    /// `sdb` of `/dev/sdb`; sysfs has an exclamation mark where a name has a slash.
    private static func name(ofNode path: String) -> String {
        path.split(separator: "/").dropFirst().joined(separator: "!")
    }

    private static func writes(_ number: DeviceNumber, _ rules: [DeviceRule]) -> Bool {
        rules.contains { rule in
            rule.allow && rule.access.contains("w") && ["b", "a", ""].contains(rule.type)
                && [-1, Int64(number.major)].contains(rule.major ?? -1)
                && [-1, Int64(number.minor)].contains(rule.minor ?? -1)
        }
    }
}

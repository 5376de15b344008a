import CLinux
import Glibc
import Linux
import RuntimeErrors

/// The device nodes and links of a container's /dev.
struct DeviceNodes {
    let root: ContainerRoot

    /// Makes `devices` and what every container has beside them.
    func make(_ devices: [DevicePlan]) throws {
        let named = Set(devices.map(\.path))
        for device in Self.standard.filter({ !named.contains($0.path) }) + devices {
            do {
                try make(device)
            } catch let error as Errno {
                throw RuntimeError(error, "can't make the device '\(device.path)' in the container")
            }
        }
        let folder = try root.openOrMake("/dev", .directory)
        for (name, target) in Self.links {
            do {
                try checkedErrno { symlinkat(target, folder.raw, name) }
            } catch Errno.EEXIST {
                // An image without a /dev of the runtime's own may bring the link itself.
            } catch {
                throw RuntimeError(error, "can't make the link '/dev/\(name)' in the container")
            }
        }
    }

    private func make(_ device: DevicePlan) throws {
        let names = device.path.split(separator: "/").map(String.init)
        guard let name = names.last, name != "..", name != "." else { throw Errno.EINVAL }
        let folder = try root.openOrMake("/" + names.dropLast().joined(separator: "/"), .directory)
        do {
            try checked(CLinux_mknod(folder.raw, name, device.mode, device.major, device.minor))
            try checkedErrno { fchownat(folder.raw, name, device.uid, device.gid, AT_SYMLINK_NOFOLLOW) }
        } catch {
            guard error == .EEXIST else { throw error }
            try expect(device, at: name, in: folder)
        }
    }

    /// What an image has at a device's place must be that device, and no link to anything.
    private func expect(_ device: DevicePlan, at name: String, in folder: SharedDescriptor) throws {
        var status = CLinux_file_status()
        try checked(CLinux_status(folder.raw, name, AT_SYMLINK_NOFOLLOW, &status))
        let found = [status.mode & S_IFMT, status.rdev_major, status.rdev_minor]
        guard found == [device.mode & S_IFMT, device.major, device.minor] else {
            throw RuntimeError(
                .failedPrecondition,
                "can't make the device '\(device.path)' in the container: the image has something else there; "
                    + "mount a tmpfs on /dev")
        }
    }

    private static let standard: [DevicePlan] = [
        character("/dev/null", 1, 3), character("/dev/zero", 1, 5), character("/dev/full", 1, 7),
        character("/dev/random", 1, 8), character("/dev/urandom", 1, 9), character("/dev/tty", 5, 0),
    ]

    private static let links = [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
    ]

    private static func character(_ path: String, _ major: UInt32, _ minor: UInt32) -> DevicePlan {
        var device = DevicePlan()
        device.path = path
        device.mode = S_IFCHR | 0o666
        device.major = major
        device.minor = minor
        return device
    }
}

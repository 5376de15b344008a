import CLinux
import Glibc
import Linux
import RuntimeErrors

/// Hides paths of a container, or makes them read-only, by mounts over them.
struct PathCovers {
    let root: ContainerRoot
    /// The machine's own /dev/null, opened before the container's files could take part.
    let null: SharedDescriptor

    /// The machine's /dev/null, checked: what covers a file must be the device and nothing an image made.
    static func openNull() throws -> SharedDescriptor {
        let null = try openDescriptor("/dev/null", flags: pathOnly | O_NOFOLLOW).shared()
        var status = CLinux_file_status()
        try checked(CLinux_status(null.raw, "", atEmptyPath, &status))
        guard UInt32(status.mode) & S_IFMT == S_IFCHR, status.rdev_major == 1, status.rdev_minor == 3 else {
            throw RuntimeError(
                .internalError, "can't mask paths: '/dev/null' of the guest is not the null device")
        }
        return null
    }

    /// Makes `path` unreadable: a folder becomes empty, anything else is /dev/null. Absent paths are skipped.
    func mask(_ path: String) throws {
        do {
            let target = try root.open(path)
            if try FileKind(of: target.raw) == .directory {
                let empty = try DetachedMount.new(
                    type: "tmpfs", source: "tmpfs", data: ["size=0"], attributes: Self.sealed)
                try empty.attach(to: target)
            } else {
                try DetachedMount(cloning: "", in: null.raw, recursive: false).attach(to: target)
            }
        } catch Errno.ENOENT, Errno.ENOTDIR {
            return
        } catch {
            throw RuntimeError(error, "can't mask '\(path)' in the container")
        }
    }

    /// Makes `path` and all mounts beneath it read-only. Absent paths are skipped.
    func makeReadonly(_ path: String) throws {
        do {
            let target = try root.open(path)
            let copy = try DetachedMount(cloning: "", in: target.raw, recursive: true)
            try copy.change(setting: .readOnly, recursive: true)
            try copy.attach(to: target)
        } catch Errno.ENOENT, Errno.ENOTDIR {
            return
        } catch {
            throw RuntimeError(error, "can't make '\(path)' read-only in the container")
        }
    }

    private static let sealed: MountAttributes = [.readOnly, .noSetuid, .noDevices, .noExec]
}

import CLinux
import Glibc
import Linux
import RuntimeErrors

/// A mount that the guest itself needs.
struct BaseMount {
    var type: String
    var path: String
    var flags: UInt
    var data: String?

    init(_ type: String, _ path: String, _ flags: UInt, _ data: String? = nil) {
        self.type = type
        self.path = path
        self.flags = flags
        self.data = data
    }

    /// Flags of mount(2); their names have two definitions in the headers.
    static let readOnly: UInt = 1
    static let nosuid: UInt = 2
    static let nodev: UInt = 4
    static let noexec: UInt = 8
    static let bind: UInt = 4096
    static let move: UInt = 8192
    static let recursive: UInt = 16384

    /// What the first stage of a machine needs; /proc is there already.
    static let early = [
        BaseMount("sysfs", "/sys", nosuid | nodev | noexec),
        BaseMount("devtmpfs", "/dev", nosuid, "mode=0755"),
    ]

    /// What a machine mounts before anything else.
    static let machine =
        early + [
            BaseMount("devpts", "/dev/pts", nosuid | noexec, "gid=5,mode=0620,ptmxmode=0666"),
            BaseMount("tmpfs", "/dev/shm", nosuid | nodev, "mode=1777"),
            BaseMount("mqueue", "/dev/mqueue", nosuid | nodev | noexec),
            BaseMount("tmpfs", "/run", nosuid | nodev, "mode=0755"),
            BaseMount("tmpfs", "/tmp", nosuid | nodev, "mode=1777"),
            BaseMount("cgroup2", "/sys/fs/cgroup", nosuid | nodev | noexec),
        ]

    /// Makes the folder and the mount, unless an earlier stage or another init has made one there.
    func make(besides mounted: MountTable? = nil) throws {
        if mounted?.entries.contains(where: { $0.mountPoint == path }) == true { return }
        _ = mkdir(path, 0o755)
        do {
            try checked(CLinux_mount(type, path, type, flags, data))
        } catch {
            throw RuntimeError(error, "can't mount \(type) at '\(path)' in the guest")
        }
    }
}

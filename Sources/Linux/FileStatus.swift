internal import CLinux
import Glibc

/// What a file is, with the mount that it was reached through.
package struct FileStatus: Sendable, Equatable {
    /// The kinds of files.
    package enum Kind: String, Sendable {
        case file
        case directory = "folder"
        case symbolicLink = "symbolic link"
        case fifo
        case socket
        case characterDevice = "character device"
        case blockDevice = "block device"
        case unknown = "unknown file"
    }

    package let kind: Kind
    /// Permission bits, with set-uid, set-gid and sticky.
    package let permissions: UInt32
    package let uid: UInt32
    package let gid: UInt32
    /// In bytes.
    package let size: UInt64
    package let inode: UInt64
    /// Major and minor number of the file system.
    package let device: DeviceNumber
    /// What a device node stands for.
    package let represents: DeviceNumber
    /// The number that starts the mount's line in /proc/self/mountinfo; 0 before Linux 5.8.
    package let mountID: UInt64

    /// The status of `path`, relative to `directory`; an empty path is `directory` itself.
    ///
    /// - Throws: `Errno`.
    package init(of path: String, in directory: CInt = AT_FDCWD, followLinks: Bool = true) throws(Errno) {
        var flags = path.isEmpty ? atEmptyPath : 0
        if !followLinks { flags |= AT_SYMLINK_NOFOLLOW }
        var raw = CLinux_file_status()
        try checked(CLinux_status(directory, path, flags, &raw))
        kind = Self.kind(raw.mode)
        permissions = raw.mode & 0o7777
        uid = raw.uid
        gid = raw.gid
        size = raw.size
        inode = raw.inode
        device = DeviceNumber(major: raw.device_major, minor: raw.device_minor)
        represents = DeviceNumber(major: raw.rdev_major, minor: raw.rdev_minor)
        mountID = raw.mount_id
    }

    /// The status of an open file.
    ///
    /// - Throws: `Errno`.
    package init(of descriptor: CInt) throws(Errno) {
        try self.init(of: "", in: descriptor)
    }

    /// Whether both are the same file of the same file system.
    package func isSameFile(as other: FileStatus) -> Bool {
        inode == other.inode && device == other.device
    }

    private static func kind(_ mode: UInt32) -> Kind {
        switch mode & 0o170000 {
        case 0o100000: .file
        case 0o040000: .directory
        case 0o120000: .symbolicLink
        case 0o010000: .fifo
        case 0o140000: .socket
        case 0o020000: .characterDevice
        case 0o060000: .blockDevice
        default: .unknown
        }
    }
}

/// A device number in its two parts.
package struct DeviceNumber: Sendable, Hashable {
    package var major: UInt32
    package var minor: UInt32

    package init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }
}

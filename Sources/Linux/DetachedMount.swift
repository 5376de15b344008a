internal import CLinux
import Glibc

/// A mount that is in no mount namespace yet: it shows in no mount table and ends with its descriptor unless
/// it is attached somewhere.
package struct DetachedMount: Sendable {
    /// Names the mount's root, like a descriptor opened with O_PATH.
    package let descriptor: SharedDescriptor

    /// A detached mount whose descriptor is there already, from a helper child for instance.
    package init(_ descriptor: SharedDescriptor) {
        self.descriptor = descriptor
    }

    /// A copy of the mount at `path` in `directory`, with that file or folder as its root; an empty path is
    /// `directory` itself.
    ///
    /// - Parameter recursive: whether the mounts beneath are copied too.
    /// - Throws: `Errno`.
    package init(cloning path: String, in directory: CInt = AT_FDCWD, recursive: Bool) throws(Errno) {
        var flags = UInt32(OPEN_TREE_CLONE)
        if recursive { flags |= UInt32(atRecursive) }
        if path.isEmpty { flags |= UInt32(atEmptyPath) }
        let raw = try checked(CLinux_open_tree(directory, path, flags))
        self.init(SharedDescriptor(owning: raw))
    }

    /// Changes attributes and propagation; the access-time field is replaced as a whole if one is set.
    ///
    /// - Parameter recursive: whether the mounts beneath are changed too.
    /// - Throws: `Errno`.
    package func change(
        setting set: MountAttributes = [], clearing clear: MountAttributes = [],
        propagation: MountPropagation = .unchanged, recursive: Bool
    ) throws(Errno) {
        var clear = clear
        if !set.isDisjoint(with: .accessTimeField) { clear.formUnion(.accessTimeField) }
        let flags = UInt32(atEmptyPath) | (recursive ? UInt32(atRecursive) : 0)
        try checked(
            CLinux_mount_setattr(
                descriptor.raw, "", flags, set.rawValue, clear.rawValue, propagation.rawValue))
    }

    /// Attaches the mount in the caller's own mount namespace, at `path` in `directory`; an empty path is
    /// `directory` itself.
    ///
    /// - Throws: `Errno`.
    package func attach(at path: String, in directory: CInt = AT_FDCWD) throws(Errno) {
        try checked(CLinux_move_mount(descriptor.raw, directory, path))
    }
}

/// AT_RECURSIVE, which glibc's headers know only with their newest <fcntl.h>.
let atRecursive: CInt = 0x8000

/// AT_EMPTY_PATH, which glibc's headers keep for _GNU_SOURCE.
let atEmptyPath: CInt = 0x1000

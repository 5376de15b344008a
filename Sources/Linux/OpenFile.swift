internal import CLinux
package import Glibc

/// How openat2(2) may walk a path.
package struct PathResolution: OptionSet, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Not into another mount.
    package static let noCrossing = PathResolution(rawValue: UInt64(CLINUX_RESOLVE_NO_XDEV))
    /// Not through the links of /proc that jump.
    package static let noMagicLinks = PathResolution(rawValue: UInt64(CLINUX_RESOLVE_NO_MAGICLINKS))
    /// Not through any symbolic link.
    package static let noSymlinks = PathResolution(rawValue: UInt64(CLINUX_RESOLVE_NO_SYMLINKS))
    /// A path that leaves the folder is an error.
    package static let beneath = PathResolution(rawValue: UInt64(CLINUX_RESOLVE_BENEATH))
    /// The folder is the root of absolute paths, links and "..".
    package static let inRoot = PathResolution(rawValue: UInt64(CLINUX_RESOLVE_IN_ROOT))
}

/// The flag O_PATH: a descriptor that only names the file.
package let pathOnly = CInt(CLINUX_O_PATH)

/// Opens `path`, relative to `directory` where it is not absolute. The descriptor is close-on-exec.
///
/// - Throws: `Errno`.
package func openDescriptor(
    _ path: String, in directory: CInt = AT_FDCWD, flags: CInt, mode: mode_t = 0,
    resolution: PathResolution = []
) throws(Errno) -> OwnedDescriptor {
    while true {
        let flags = UInt64(UInt32(bitPattern: flags | O_CLOEXEC))
        let raw = CLinux_openat2(directory, path, flags, UInt64(mode), resolution.rawValue)
        // The kernel gives up on a race with a rename; the walk is simply made again.
        if raw == -EINTR || (raw == -EAGAIN && !resolution.isEmpty) { continue }
        return OwnedDescriptor(owning: try checked(raw))
    }
}

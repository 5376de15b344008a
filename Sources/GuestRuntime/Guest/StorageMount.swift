import CLinux
import Glibc
import Linux
import RuntimeErrors

/// A file system that the host asks the guest to mount outside of any container.
package struct StorageMount: Sendable {
    /// The file system's type.
    package var type: String
    /// Its source: the tag of a share, for instance.
    package var source: String
    /// An absolute path of the guest.
    package var path: String
    /// Options as texts.
    package var options: [String]

    package init(type: String, source: String, path: String, options: [String]) {
        self.type = type
        self.source = source
        self.path = path
        self.options = options
    }

    /// Makes the folder and mounts there; nothing on the way may be a link.
    package func mount() throws {
        do {
            let root = ContainerRoot(
                directory: try openDescriptor("/", flags: pathOnly | O_DIRECTORY).shared())
            _ = try root.openOrMake(path, .directory)
            let target = try root.openPlain(path, flags: pathOnly | O_DIRECTORY)
            let parsed = try MountOptions(parsing: options)
            let mount = try DetachedMount.new(
                type: type, source: source, data: parsed.data, attributes: .init(rawValue: parsed.set))
            try mount.apply(parsed)
            try mount.attach(to: target)
        } catch let error as Errno {
            throw RuntimeError(error, "can't mount \(type) '\(source)' at '\(path)' in the guest")
        }
    }

    /// Takes the mount away again.
    package func unmount() throws {
        do {
            // UMOUNT_NOFOLLOW is 8.
            try checked(CLinux_umount(path, 8))
        } catch {
            throw RuntimeError(error, "can't unmount '\(path)' in the guest")
        }
    }
}

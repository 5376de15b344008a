package import Linux
package import RuntimeErrors
import Glibc

/// A mount made on the host, attached nowhere yet. It goes away with the value unless it was attached.
package struct PreparedMount: Sendable {
    /// What a shared mount never needs on the host: the guest has its own say in all three, and virtiofsd
    /// must not be led to open a device that a guest has made.
    static let hardened: MountAttributes = [.noSetuid, .noDevices, .noExec]

    package let mount: DetachedMount
    /// Folder, file, or a socket, fifo or device, which the guest sees but can't use as on the host.
    package let kind: FileStatus.Kind
    /// A folder beneath the place, for a mount into another one of the same list; usually empty.
    package let subfolder: String

    init(mount: DetachedMount, kind: FileStatus.Kind, subfolder: String = "") {
        self.mount = mount
        self.kind = kind
        self.subfolder = subfolder
    }
}

/// A bind mount of a file or folder of the host.
package struct BindSource: Sendable, Equatable {
    /// Absolute; links on the way are followed, but not those of /proc that lead to open files.
    package var path: String
    package var readOnly: Bool
    /// Whether what is mounted beneath comes along.
    package var recursive: Bool
    /// Whether `readOnly` holds for what is mounted beneath too.
    package var recursivelyReadOnly: Bool
    /// Beyond nosuid, nodev and noexec, which always hold on the host.
    package var attributes: MountAttributes

    /// A bind mount of `path`.
    package init(
        path: String, readOnly: Bool, recursive: Bool = true, recursivelyReadOnly: Bool = false,
        attributes: MountAttributes = []
    ) {
        self.path = path
        self.readOnly = readOnly
        self.recursive = recursive
        self.recursivelyReadOnly = recursivelyReadOnly
        self.attributes = attributes
    }
}

extension PreparedMount {
    /// A copy of the mount that `source` lies on, with the source as its root, private. The path is resolved
    /// once.
    ///
    /// - Throws: `RuntimeError`: `.notFound` if there is no such file.
    package static func bind(_ source: BindSource) throws(RuntimeError) -> PreparedMount {
        let (opened, status) = try open(source.path)
        return try clone(opened, source, kind: status.kind)
    }

    /// Opens the source of a mount, which from then on is this very file.
    static func open(_ path: String) throws(RuntimeError) -> (SharedDescriptor, FileStatus) {
        guard path.hasPrefix("/") else {
            throw RuntimeError(
                .invalidArgument, "can't bind '\(path)': it is not an absolute path; give the whole path")
        }
        do throws(Errno) {
            let opened = try openDescriptor(path, flags: pathOnly, resolution: .noMagicLinks).shared()
            return (opened, try FileStatus(of: opened.raw))
        } catch {
            throw RuntimeError(error, "can't bind '\(path)'")
        }
    }

    static func clone(
        _ opened: SharedDescriptor, _ source: BindSource, kind: FileStatus.Kind
    ) throws(RuntimeError) -> PreparedMount {
        do throws(Errno) {
            let mount = try DetachedMount(cloning: "", in: opened.raw, recursive: source.recursive)
            try mount.change(
                setting: hardened.union(source.recursivelyReadOnly ? .readOnly : []), propagation: .private,
                recursive: true)
            let own = source.attributes.union(source.readOnly ? .readOnly : [])
            if !own.isEmpty { try mount.change(setting: own, recursive: false) }
            return PreparedMount(mount: mount, kind: kind)
        } catch {
            throw RuntimeError(error, "can't bind '\(source.path)': its mount cannot be copied")
        }
    }
}

import Linux
package import RuntimeErrors

/// One mount of a root file system as containerd's snapshotter describes it.
package struct RootfsMount: Sendable, Equatable {
    package var type: String
    package var source: String
    /// A folder beneath the root file system to mount at; usually empty.
    package var target: String
    package var options: [String]

    package init(type: String, source: String, target: String = "", options: [String] = []) {
        self.type = type
        self.source = source
        self.target = target
        self.options = options
    }
}

extension PreparedMount {
    /// The mounts of a root file system, in order; each is to be attached on top of the one before. Nothing is
    /// guessed from what a path holds: `type` decides, and what it is not made for is an error.
    ///
    /// - Parameter mounts: at least one; `bind` (native snapshotter) or `overlay` (overlayfs snapshotter).
    /// - Throws: `RuntimeError`: `.unimplemented` for other types, `.invalidArgument` for a source that is no
    ///   folder or is the host's own root, `.notFound` for a missing one.
    package static func rootfs(_ mounts: [RootfsMount]) throws(RuntimeError) -> [PreparedMount] {
        guard !mounts.isEmpty else {
            throw RuntimeError(
                .invalidArgument, "can't mount the root file system: the snapshotter names no mount for it")
        }
        var prepared: [PreparedMount] = []
        for mount in mounts { prepared.append(try rootfs(mount)) }
        return prepared
    }

    private static func rootfs(_ mount: RootfsMount) throws(RuntimeError) -> PreparedMount {
        let parts = mount.target.split(separator: "/", omittingEmptySubsequences: true)
        guard !parts.contains("..") else {
            throw RuntimeError(
                .invalidArgument,
                "can't mount the root file system: its target '\(mount.target)' leads out of it")
        }
        let prepared: PreparedMount
        switch mount.type {
        case "bind": prepared = try bindRootfs(mount)
        case "overlay": prepared = try overlay(try OverlayOptions(mount.options))
        default:
            throw RuntimeError(
                .unimplemented,
                "can't mount the root file system: type '\(mount.type)' of '\(mount.source)' is not "
                    + "supported; use the overlayfs or the native snapshotter")
        }
        return PreparedMount(
            mount: prepared.mount, kind: prepared.kind, subfolder: parts.joined(separator: "/"))
    }

    private static func bindRootfs(_ mount: RootfsMount) throws(RuntimeError) -> PreparedMount {
        let options = try RootfsBindOptions(mount.options)
        let (opened, status) = try open(mount.source)
        try checkRootfsFolder(status, mount.source)
        let source = BindSource(
            path: mount.source, readOnly: options.readOnly, recursive: options.recursive,
            attributes: options.attributes)
        return try clone(opened, source, kind: status.kind)
    }

    /// A root file system must be a folder, and never the host's.
    static func checkRootfsFolder(_ status: FileStatus, _ path: String) throws(RuntimeError) {
        guard status.kind == .directory else {
            throw RuntimeError(
                .invalidArgument,
                "can't use '\(path)' as a root file system: it is a \(status.kind.rawValue); a folder is needed"
            )
        }
        guard let host = try? FileStatus(of: "/"), !host.isSameFile(as: status) else {
            throw RuntimeError(
                .invalidArgument, "can't use '\(path)' as a root file system: it is the host's own root")
        }
    }
}

/// The options of a bind mount of a root file system.
struct RootfsBindOptions: Equatable {
    var readOnly = false
    var recursive = false
    var attributes: MountAttributes = []

    init(_ options: [String]) throws(RuntimeError) {
        for option in options {
            switch option {
            case "bind", "rw": continue
            case "rbind": recursive = true
            case "ro": readOnly = true
            default:
                guard let attribute = MountAttributes(option: option) else {
                    throw RuntimeError(
                        .unimplemented,
                        "can't mount the root file system: option '\(option)' of a bind mount is not supported"
                    )
                }
                attributes.formUnion(attribute)
            }
        }
    }
}

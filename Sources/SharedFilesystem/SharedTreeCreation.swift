package import RuntimeErrors
import Glibc
import Linux

extension SharedTree {
    /// Makes the namespace and an empty tree in it, by a short-lived child.
    ///
    /// - Parameter holding: paths that must be found in the namespace: virtiofsd, and where it finds its
    ///   libraries. Mounts of the host that they lie on are copied too, read-only; a missing path is skipped.
    /// - Throws: `RuntimeError`.
    package static func create(
        holding paths: [String] = []
    ) throws(RuntimeError) -> SharedTree {
        try CrashPoint.pass("share.make")
        let extra = try MountsToCopy.needed(for: ["/usr", "/lib", "/lib64"] + paths)
        let parts: Parts
        do throws(Errno) {
            parts = try Parts(extra: extra)
        } catch {
            throw RuntimeError(
                error, "can't make the shared tree: its mounts cannot be made; the shim needs CAP_SYS_ADMIN")
        }
        let steps = parts.steps
        do throws(HelperFailure) {
            let opened = try runInHelperChild(steps)
            withExtendedLifetime(parts) {}
            let results = opened.sorted { $0.key < $1.key }.map(\.value)
            guard results.count == 3 else { throw HelperFailure.lost }
            return SharedTree(namespace: results[0], root: results[1], folders: results[2])
        } catch {
            let step = steps.indices.contains(error.step) ? "\(steps[error.step])" : "a child"
            throw RuntimeError(error.errno, "can't make the shared tree: step \(step) failed")
        }
    }

    /// The detached mounts that the namespace is made of.
    private struct Parts: Sendable {
        /// For the empty folders and files of the tree; their contents are other mounts.
        static let treeSize = "16m"
        static let hardened: MountAttributes = [.noSetuid, .noDevices, .noExec]

        let root: DetachedMount
        let proc: DetachedMount
        let run: DetachedMount
        let tree: DetachedMount
        let extra: [(path: String, mount: DetachedMount)]

        init(extra paths: [String]) throws(Errno) {
            root = try Self.copy("/")
            var extra: [(String, DetachedMount)] = []
            for path in paths { extra.append((path, try Self.copy(path))) }
            self.extra = extra
            proc = try Self.processes()
            run = try Self.temporary(size: "64k")
            tree = try Self.temporary(size: Self.treeSize)
            let folder = run.descriptor.raw
            try checkedErrno { mkdirat(folder, "shared", 0o755) }
        }

        private static func copy(_ path: String) throws(Errno) -> DetachedMount {
            let mount = try DetachedMount(cloning: path, recursive: false)
            try mount.change(
                setting: [.readOnly, .noSetuid, .noDevices], propagation: .private, recursive: false)
            return mount
        }

        /// virtiofsd needs its own entries only; it has no right to look at those of others, and they are not
        /// even listed.
        private static func processes() throws(Errno) -> DetachedMount {
            let context = try FilesystemContext("proc")
            try context.set("hidepid", "invisible")
            return try context.mount(hardened)
        }

        private static func temporary(size: String) throws(Errno) -> DetachedMount {
            let context = try FilesystemContext("tmpfs")
            try context.set("size", size)
            try context.set("mode", "0755")
            return try context.mount(hardened)
        }

        var steps: [HelperStep] {
            let root = root.descriptor.raw
            var steps: [HelperStep] = [
                .unshare(.mount),
                // Nothing that happens here may reach the host's mounts. MS_REC | MS_PRIVATE
                .mount(source: "none", path: "/", type: "", flags: 0x4_4000, data: ""),
                .attach(root, folder: .workingDirectory, path: "/", resolution: []),
            ]
            for (path, mount) in extra { steps.append(place(mount, path)) }
            steps += [
                place(proc, "/proc"), place(run, "/run"), place(tree, SharedTree.path),
                .open(
                    folder: .workingDirectory, path: "/proc/self/ns/mnt", flags: O_RDONLY, resolution: []),
                .changeDirectoryTo(root),
                .pivotHere,
                .open(
                    folder: .workingDirectory, path: SharedTree.path, flags: pathOnly | O_DIRECTORY,
                    resolution: []),
                .clone(folder: .workingDirectory, path: SharedTree.path, recursive: false),
                .setAttributes(folder: .workingDirectory, path: SharedTree.path, .readOnly),
                .setAttributes(folder: .workingDirectory, path: "/run", .readOnly),
            ]
            return steps
        }

        private func place(_ mount: DetachedMount, _ path: String) -> HelperStep {
            .attach(
                mount.descriptor.raw, folder: .raw(root.descriptor.raw), path: path,
                resolution: [.inRoot, .noMagicLinks])
        }
    }
}

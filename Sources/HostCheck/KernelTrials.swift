package import Linux

/// System calls that are tried, each returning the error that it fails with. What they make is attached nowhere
/// and gone when they return.
package struct KernelTrials: Sendable {
    /// open_tree and mount_setattr: a detached, read-only copy of the root mount.
    package var copyMount: @Sendable () -> Errno?
    /// fsopen, fsconfig and fsmount: a detached tmpfs.
    package var makeFileSystem: @Sendable () -> Errno?
    /// unshare, in a child that ends at once.
    package var makeNamespaces: @Sendable (NamespaceKinds) -> Errno?

    /// Trials of any kind.
    package init(
        copyMount: @escaping @Sendable () -> Errno?, makeFileSystem: @escaping @Sendable () -> Errno?,
        makeNamespaces: @escaping @Sendable (NamespaceKinds) -> Errno?
    ) {
        self.copyMount = copyMount
        self.makeFileSystem = makeFileSystem
        self.makeNamespaces = makeNamespaces
    }

    /// The host's kernel.
    package static let real = KernelTrials(
        copyMount: {
            do throws(Errno) {
                let mount = try DetachedMount(cloning: "/", recursive: false)
                try mount.change(setting: [.readOnly], propagation: .private, recursive: false)
                return nil
            } catch {
                return error
            }
        },
        makeFileSystem: {
            do throws(Errno) {
                let context = try FilesystemContext("tmpfs")
                try context.set("size", "64k")
                _ = try context.mount([.noSetuid, .noDevices, .noExec])
                return nil
            } catch {
                return error
            }
        },
        makeNamespaces: { kinds in
            do throws(HelperFailure) {
                _ = try runInHelperChild([.unshare(kinds)])
                return nil
            } catch {
                return error.errno
            }
        })
}

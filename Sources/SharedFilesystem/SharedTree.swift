package import Linux
import Glibc
package import RuntimeErrors

/// The tree that virtiofsd shows to a guest, in a mount namespace of its own.
///
/// The namespace holds a read-only copy of the host's root mount (and of nothing mounted in it), so that
/// virtiofsd and its libraries are found, a fresh `/proc`, and the tree itself, a small tmpfs, at
/// `/run/shared`. No process lives in it until virtiofsd is started; descriptors of this object pin it. The
/// host's mount table never shows any of it, and everything is gone once the descriptors are closed and
/// virtiofsd has ended, however the shim ended.
///
/// In the namespace the tmpfs is read-only: a guest can't change the structure of the tree, nor fill the
/// host's memory by it. Folders are made through a second, writable mount of it that is attached nowhere.
package final class SharedTree: Sendable {
    /// Where the tree is in its namespace.
    package static let path = "/run/shared"

    /// The mount namespace.
    package let namespace: SharedDescriptor
    /// The tree's root as the namespace has it (O_PATH).
    package let root: SharedDescriptor
    /// The tree's root on the writable mount, in which no container mount shows.
    let folders: SharedDescriptor

    init(namespace: SharedDescriptor, root: SharedDescriptor, folders: SharedDescriptor) {
        self.namespace = namespace
        self.root = root
        self.folders = folders
    }

    /// Attaches mounts at one place of the tree, each on top of the one before. Blocks, as mounts may.
    ///
    /// - Parameters:
    ///   - mounts: at least one; the first decides whether the place is a folder or a file.
    ///   - place: where nothing has been attached before.
    /// - Throws: `RuntimeError`; the place is free again then.
    package func attach(_ mounts: [PreparedMount], at place: SharedPlace) throws(RuntimeError) {
        guard let first = mounts.first else {
            throw RuntimeError(.invalidArgument, "can't share '\(place.path)': there is nothing to mount")
        }
        try CrashPoint.pass("share.attach")
        do throws(Errno) {
            try makePlace(place, isFolder: first.kind == .directory)
        } catch {
            throw RuntimeError(error, "can't share '\(place.path)': its folder cannot be made")
        }
        var steps: [HelperStep] = [.enter(namespace.raw)]
        for mount in mounts {
            // What is beneath a mounted root file system comes from an image: nothing is followed there.
            let path = mount.subfolder.isEmpty ? place.path : "\(place.path)/\(mount.subfolder)"
            steps.append(
                .attach(
                    mount.mount.descriptor.raw, folder: .raw(root.raw), path: path,
                    resolution: [.beneath, .noSymlinks, .noMagicLinks]))
        }
        do throws(HelperFailure) {
            _ = try runInHelperChild(steps)
        } catch {
            _ = try? removeTree(place.path, in: folders.raw)
            throw RuntimeError(
                error.errno, "can't share '\(place.path)': mount \(error.step) of it cannot be attached")
        }
    }

    /// Takes a container's mounts out of the tree and removes their folders. What the guest still has open
    /// stays until it lets go. A container of which nothing is shared is no error.
    ///
    /// - Throws: `RuntimeError`.
    package func detach(container: String) throws(RuntimeError) {
        try CrashPoint.pass("share.detach")
        try remove(SharedPlace.folder(of: container))
    }

    /// Takes out what is attached at one place.
    ///
    /// - Throws: `RuntimeError`.
    package func detach(_ place: SharedPlace) throws(RuntimeError) {
        try remove(place.path)
    }

    /// Takes everything but the tree itself out of the namespace: no path leads to the copy of the host's root
    /// any more, not even from descriptors of /proc that virtiofsd holds. To be called once, when virtiofsd
    /// has set itself up (when the VMM's device works, for instance); it can't be started after that.
    ///
    /// - Throws: `RuntimeError`.
    package func seal() throws(RuntimeError) {
        try CrashPoint.pass("share.seal")
        do throws(HelperFailure) {
            _ = try runInHelperChild([
                .enter(namespace.raw), .changeDirectory(Self.path), .pivotHere,
            ])
        } catch {
            throw RuntimeError(error.errno, "can't seal the shared tree: step \(error.step) failed")
        }
    }

    /// Removing a folder or file takes down what is mounted on it in another namespace (since Linux 3.18,
    /// mount_namespaces(7)); no process need enter it.
    private func remove(_ path: String) throws(RuntimeError) {
        do throws(Errno) {
            try removeTree(path, in: folders.raw)
        } catch .ENOENT {
            return
        } catch {
            throw RuntimeError(error, "can't take '\(path)' out of the shared tree")
        }
    }

    private func makePlace(_ place: SharedPlace, isFolder: Bool) throws(Errno) {
        let raw = folders.raw
        for parent in place.parents {
            do throws(Errno) {
                try checkedErrno { mkdirat(raw, parent, 0o755) }
            } catch .EEXIST {
                continue
            }
        }
        let path = place.path
        if isFolder {
            try checkedErrno { mkdirat(raw, path, 0o755) }
        } else {
            _ = try openDescriptor(path, in: raw, flags: O_CREAT | O_EXCL | O_WRONLY, mode: 0o444)
        }
    }
}

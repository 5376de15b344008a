internal import CLinux
import Glibc

/// One step of a short-lived child, carried out by C code in namespaces that this process does not enter.
package enum HelperStep: Sendable {
    /// A descriptor, or what an earlier step opened.
    package enum Descriptor: Sendable {
        case raw(CInt)
        case result(ofStep: Int)

        /// The working directory.
        package static let workingDirectory = Descriptor.raw(AT_FDCWD)

        var number: CInt {
            switch self {
            case .raw(let raw): raw
            case .result(let step): -1000 - CInt(clamping: step)
            }
        }
    }

    case unshare(NamespaceKinds)
    case enter(CInt)
    case mount(source: String, path: String, type: String, flags: UInt, data: String)
    /// Attaches a detached mount at `path` beneath `folder`, or at `folder` itself if the path is empty.
    case attach(CInt, folder: Descriptor, path: String, resolution: PathResolution)
    /// Opens a copy of the mount at `path`, as a detached mount.
    case clone(folder: Descriptor, path: String, recursive: Bool)
    /// Changes the attributes of the mount at `path`.
    case setAttributes(folder: Descriptor, path: String, MountAttributes)
    case open(folder: Descriptor, path: String, flags: CInt, resolution: PathResolution)
    case changeDirectory(String)
    case changeDirectoryTo(CInt)
    /// The working directory becomes the root; the old root is detached.
    case pivotHere
    /// Detaches what is mounted at `path`, without following a link there; nothing there is no error.
    case detach(String)
    case linkUp(String)
    /// Opens a socket that belongs to the network namespace that the child is in.
    case socket(NetworkSocketKind)
}

extension HelperStep {
    func write(to step: inout CLinux_step, strings: CStrings) throws(Errno) {
        switch self {
        case .unshare(let kinds):
            step.kind = CInt(CLINUX_STEP_UNSHARE)
            step.flags = kinds.rawValue
        case .enter(let namespace):
            step.kind = CInt(CLINUX_STEP_SETNS)
            step.fd = namespace
        case .mount(let source, let path, let type, let flags, let data):
            step.kind = CInt(CLINUX_STEP_MOUNT)
            step.source = UnsafePointer(try strings.copy(source))
            step.path = UnsafePointer(try strings.copy(path))
            step.type = UnsafePointer(try strings.copy(type))
            step.flags = UInt64(flags)
            step.data = UnsafePointer(try strings.copy(data))
        case .attach(let mount, let folder, let path, let resolution):
            step.kind = CInt(CLINUX_STEP_MOVE_MOUNT)
            step.fd = mount
            step.resolve = resolution.rawValue
            try step.setPlace(folder, path, strings)
        case .clone(let folder, let path, let recursive):
            step.kind = CInt(CLINUX_STEP_OPEN_TREE)
            step.flags = UInt64(OPEN_TREE_CLONE) | (recursive ? UInt64(atRecursive) : 0)
            if path.isEmpty { step.flags |= UInt64(atEmptyPath) }
            try step.setPlace(folder, path, strings)
        case .setAttributes(let folder, let path, let attributes):
            step.kind = CInt(CLINUX_STEP_SETATTR)
            step.set = attributes.rawValue
            if path.isEmpty { step.flags |= UInt64(atEmptyPath) }
            try step.setPlace(folder, path, strings)
        case .open(let folder, let path, let flags, let resolution):
            step.kind = CInt(CLINUX_STEP_OPEN)
            step.flags = UInt64(UInt32(bitPattern: flags))
            step.resolve = resolution.rawValue
            try step.setPlace(folder, path, strings)
        case .changeDirectory(let path):
            step.kind = CInt(CLINUX_STEP_CHDIR)
            step.path = UnsafePointer(try strings.copy(path))
        case .changeDirectoryTo(let folder):
            step.kind = CInt(CLINUX_STEP_FCHDIR)
            step.fd = folder
        case .pivotHere:
            step.kind = CInt(CLINUX_STEP_PIVOT)
        case .detach(let path):
            step.kind = CInt(CLINUX_STEP_UMOUNT)
            // MNT_DETACH | UMOUNT_NOFOLLOW
            step.flags = 2 | 8
            step.path = UnsafePointer(try strings.copy(path))
        case .linkUp(let name):
            step.kind = CInt(CLINUX_STEP_LINK_UP)
            step.path = UnsafePointer(try strings.copy(name))
        case .socket(let kind):
            step.kind = CInt(CLINUX_STEP_SOCKET)
            step.flags = UInt64(kind.number)
        }
    }
}

extension CLinux_step {
    fileprivate mutating func setPlace(
        _ folder: HelperStep.Descriptor, _ path: String, _ strings: CStrings
    ) throws(Errno) {
        to = folder.number
        self.path = UnsafePointer(try strings.copy(path))
    }
}

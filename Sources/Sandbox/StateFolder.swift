import Glibc
package import Linux
import OCI
import RuntimeErrors

/// The folder of one sandbox, `/run/swiftlet/<key>`: sockets, journal, console log. Only root can enter it.
package struct StateFolder: Sendable, Equatable {
    /// The folder's path.
    package let path: String

    /// The folder of a sandbox; nothing is made yet.
    package init(of sandbox: SandboxName, in roots: HostRoots) {
        self.init(path: "\(roots.run)/\(sandbox.key)")
    }

    init(path: String) {
        self.path = path
    }

    /// The sandbox's journal.
    package var journal: Journal { Journal(path: "\(path)/journal") }
    /// The file that holds the full names behind the key.
    package var nameFile: String { "\(path)/name" }
    /// The monitor's control socket.
    package var controlSocket: String { "\(path)/control.sock" }
    /// Where virtiofsd listens.
    package var shareSocket: String { "\(path)/share.sock" }
    /// Where the vsock daemon listens for the monitor.
    package var vsockDeviceSocket: String { "\(path)/vsock.sock" }
    /// Where the host reaches the guest's ports.
    package var vsockHostSocket: String { "\(path)/guest.sock" }
    /// The guest's console, first and last part.
    package var consoleLog: String { "\(path)/console.log" }
    /// An empty folder that helpers get as their root.
    package var emptyRoot: String { "\(path)/empty" }

    /// Makes the folder.
    ///
    /// - Throws: `alreadyExists` when another shim of this sandbox has it. A failure leaves nothing.
    package func create(for sandbox: SandboxName) throws {
        let parent = String(path.prefix(path.count - sandbox.key.count - 1))
        try CrashPoint.pass("folder.make")
        _ = mkdir(parent, 0o700)
        guard mkdir(path, 0o700) == 0 else {
            let error = Errno(rawValue: errno)
            guard error == .EEXIST else { throw failed(path, error) }
            throw RuntimeError(
                .alreadyExists,
                "can't make state folder '\(path)': sandbox '\(sandbox.id.rawValue)' left it; run the shim's delete for it"
            )
        }
        do {
            try fill(for: sandbox)
        } catch {
            remove()
            throw error
        }
    }

    private func fill(for sandbox: SandboxName) throws {
        try CrashPoint.pass("folder.empty-root")
        guard mkdir(emptyRoot, 0o555) == 0 else { throw failed(emptyRoot, Errno(rawValue: errno)) }
        try CrashPoint.pass("folder.name")
        try write(
            "\(sandbox.containerdAddress)\n\(sandbox.namespace)\n\(sandbox.id.rawValue)\n", to: nameFile)
    }

    /// Removes the folder with all that is in it; what is not there is no error.
    ///
    /// It holds files and one level of folders only, none of them written by a guest.
    package func remove() {
        guard let slash = path.lastIndex(of: "/"),
            let parent = try? openDescriptor(String(path[..<slash]), flags: pathOnly | O_DIRECTORY)
        else { return }
        try? removeTree(String(path[path.index(after: slash)...]), in: parent.raw, levels: 2)
        try? CrashPoint.pass("folder.removed")
    }

    private func write(_ text: String, to file: String) throws {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failed(file, Errno(rawValue: errno)) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw failed(file, Errno(rawValue: errno))
        }
    }

    private func failed(_ path: String, _ error: Errno) -> RuntimeError {
        RuntimeError(.unavailable, "can't make '\(path)'; check the space and the rights there", cause: error)
    }
}

import Glibc
package import Linux
import RuntimeErrors

/// Removes whatever a sandbox left on the host, from its journal; for a shim that can't do it itself any more.
///
/// Doing it twice, or at once from two processes, is harmless.
package struct SandboxCleanup: Sendable {
    /// How long killed processes may take to go.
    private static let patience = Duration.seconds(3)

    private let folder: StateFolder
    private let roots: HostRoots

    /// Cleans up after a sandbox; nothing is done yet.
    package init(of sandbox: SandboxName, roots: HostRoots) {
        folder = StateFolder(of: sandbox, in: roots)
        self.roots = roots
    }

    /// Undoes every entry of the journal, the last first, then removes the state folder.
    ///
    /// - Throws: the first failure, after everything else has been tried. The journal then stays.
    package func run() throws {
        var failure: (any Error)?
        for entry in try folder.journal.entries().reversed() {
            do {
                try undo(entry)
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        folder.remove()
    }

    /// Undoes one effect; one that was never done is left alone.
    private func undo(_ entry: JournalEntry) throws {
        switch entry {
        case .cgroup(let key):
            let cgroup = SandboxCgroup(key, in: try CgroupHierarchy.find(root: "\(roots.sys)/fs/cgroup"))
            try cgroup.killAll()
            guard try cgroup.waitUntilEmpty(Self.patience) else {
                throw RuntimeError(
                    .unavailable,
                    "can't end the processes in cgroup '\(cgroup.path)': they did not go within \(Self.patience); look for stuck ones there"
                )
            }
            try cgroup.remove()
        }
    }
}

import Glibc
package import Linux
import RuntimeErrors
package import VFIO

/// Removes whatever a sandbox left on the host, from its journal; for a shim that can't do it itself any more.
///
/// Doing it twice, or at once from two processes, is harmless.
package struct SandboxCleanup: Sendable {
    /// How long killed processes may take to go.
    private static let patience = Duration.seconds(3)

    private let folder: StateFolder
    private let roots: HostRoots
    private let devices: DeviceReturn

    /// Cleans up after a sandbox; nothing is done yet. All of it may take five seconds, as long as containerd waits.
    package init(
        of sandbox: SandboxName, roots: HostRoots,
        writer: any AttributeWriter = KernelAttributeWriter(limit: .seconds(4)),
        limits: Binder.Limits = Binder.Limits(
            appearance: .seconds(1), restore: .seconds(1), restoreAll: .seconds(3))
    ) {
        folder = StateFolder(of: sandbox, in: roots)
        self.roots = roots
        devices = DeviceReturn(
            roots, owner: sandbox.key, writer: writer, limits: limits, patience: .seconds(1))
    }

    /// Ends every process of the sandbox, gives its devices back, then undoes every other entry of the journal, the last
    /// first, and removes the state folder.
    ///
    /// - Throws: when processes do not end, before anything else is done; else the first failure, after everything has
    ///   been tried. The journal then stays. A function that is set aside (see ``Quarantine``) is no failure: what is
    ///   needed to try again is there.
    /// - Returns: what became of the devices.
    @discardableResult
    package func run() throws -> RestoreReport {
        let entries = try folder.journal.entries()
        // The kernel keeps a function that is open, so that nothing can be done before the processes have ended.
        for entry in entries { try end(entry) }
        let report = devices.run(entries)
        var failure: (any Error)? = report.failures.first { !$0.isQuarantined }?.error
        for entry in entries.reversed() {
            do { try undo(entry) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
        folder.remove()
        return report
    }

    private func end(_ entry: JournalEntry) throws {
        guard case .cgroup(let key) = entry else { return }
        let cgroup = try cgroup(key)
        try cgroup.killAll()
        guard try cgroup.waitUntilEmpty(Self.patience) else {
            throw RuntimeError(
                .unavailable,
                "can't end the processes in cgroup '\(cgroup.path)': they did not go within \(Self.patience); look for stuck ones there"
            )
        }
    }

    /// Undoes one effect; one that was never done is left alone.
    private func undo(_ entry: JournalEntry) throws {
        guard case .cgroup(let key) = entry else { return }
        try cgroup(key).remove()
    }

    private func cgroup(_ key: String) throws -> SandboxCgroup {
        SandboxCgroup(key, in: try CgroupHierarchy.find(root: "\(roots.sys)/fs/cgroup"))
    }
}

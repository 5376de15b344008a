package import Glibc
package import Linux
import RuntimeErrors

/// A virtiofsd that serves one shared tree to one guest.
package enum VirtiofsDaemon {
    /// What the process is given beside its options.
    package struct Environment: Sendable {
        /// A listening Unix socket. Nobody may connect to it but the VMM: virtiofsd serves the first
        /// connection and ends with it.
        package var listener: CInt
        /// Where its messages go.
        package var standardError: CInt
        /// A cgroup2 folder to be born in.
        package var cgroup: CInt?
        /// `cgroup.procs` files to join.
        package var cgroupProcsPaths: [String] = []
        package var oomScoreAdjust: Int?
        /// Soft and hard limit of open files; nil raises the soft limit to the hard one. Each file that the
        /// guest knows is one.
        package var openFiles: UInt64?

        package init(listener: CInt, standardError: CInt) {
            self.listener = listener
            self.standardError = standardError
        }
    }

    /// What virtiofsd needs to act for any user of the guest, and to enter its chroot; it drops the rest, and
    /// `setpcap` with it, by itself.
    package static let capabilities: CapabilitySet = [
        .chown, .dacOverride, .fowner, .fsetid, .setgid, .setuid, .mknod, .setfcap, .sysChroot, .setpcap,
    ]

    /// Starts virtiofsd in the namespace of `tree`, with pid, network and IPC namespaces of its own. Call it
    /// from the main thread: the daemon dies with the thread that started it.
    ///
    /// - Returns: its pid, to be reaped by the caller, and a pidfd.
    /// - Throws: `RuntimeError` that names the step that failed.
    package static func start(
        _ options: VirtiofsOptions, serving tree: SharedTree, _ environment: Environment
    ) throws -> (pid: pid_t, pidfd: SharedDescriptor) {
        let null: SharedDescriptor
        do throws(Errno) {
            null = try openDescriptor("/dev/null", flags: O_RDWR).shared()
            try makeBlocking(environment.listener)
        } catch {
            throw RuntimeError(
                error, "can't start '\(options.executable)': its descriptors cannot be prepared")
        }
        var launch = ChildLaunch(
            executable: options.executable, arguments: options.arguments,
            descriptors: [
                (null.raw, 0), (null.raw, 1), (environment.standardError, 2),
                (environment.listener, VirtiofsOptions.socketDescriptor),
            ])
        launch.workingDirectory = "/"
        launch.joinNamespaces = [tree.namespace.raw]
        launch.newNamespaces = [.pid, .network, .ipc]
        launch.boundingCapabilities = capabilities
        launch.noNewPrivileges = true
        launch.parentDeathSignal = SIGKILL
        launch.newSession = true
        launch.cgroup = environment.cgroup
        launch.cgroupProcsPaths = environment.cgroupProcsPaths
        launch.oomScoreAdjust = environment.oomScoreAdjust
        launch.toleratesOOMScoreRefusal = true
        launch.resourceLimits = [
            try openFilesLimit(environment.openFiles), ResourceLimit(.core, soft: 0, hard: 0),
        ]
        return try spawn(launch)
    }

    private static func openFilesLimit(_ wanted: UInt64?) throws -> ResourceLimit {
        if let wanted { return ResourceLimit(.openFiles, soft: wanted, hard: wanted) }
        let hard = try ResourceLimit.current(.openFiles).hard
        return ResourceLimit(.openFiles, soft: hard, hard: hard)
    }

    /// virtiofsd waits for its connection in accept.
    private static func makeBlocking(_ descriptor: CInt) throws(Errno) {
        let flags = try checkedErrno { fcntl(descriptor, F_GETFL) }
        try checkedErrno { fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) }
    }
}

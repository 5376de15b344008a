import Glibc
import Linux
import LoopSupport
import NIOCore
import OCI
import RuntimeErrors

/// The daemon that carries a machine's vsock where the host's kernel has no vhost-vsock.
enum VsockDaemon {
    /// How long the daemon may take until it listens.
    private static let patience = Duration.seconds(5)

    /// Its command line: one machine, in a vsock group of its own, since the default group joins all machines
    /// on the host. The group holds the full id, for `ps`.
    static func arguments(
        _ executable: String, cid: UInt32, folder: StateFolder, sandbox: SandboxName
    ) -> [String] {
        [
            executable, "--guest-cid", "\(cid)", "--socket", folder.vsockDeviceSocket, "--uds-path",
            folder.vsockHostSocket, "--groups", "\(sandbox.id.rawValue)-\(sandbox.key)",
        ]
    }

    /// Starts the daemon; it listens some milliseconds later.
    static func start(
        _ executable: String, cid: UInt32, folder: StateFolder, sandbox: SandboxName, cgroup: SandboxCgroup,
        _ environment: SandboxEnvironment
    ) async throws -> HelperProcess {
        try CrashPoint.pass("vsock.spawn")
        return try await HelperProcess.start("the vsock daemon", environment) { standardError in
            let null = try openDescriptor("/dev/null", flags: O_RDWR).shared()
            var launch = ChildLaunch(
                executable: executable,
                arguments: arguments(executable, cid: cid, folder: folder, sandbox: sandbox),
                descriptors: [(null.raw, 0), (null.raw, 1), (standardError, 2)])
            launch.workingDirectory = "/"
            launch.boundingCapabilities = []
            launch.parentDeathSignal = SIGKILL
            launch.newSession = true
            let entry = try cgroup.entry()
            launch.cgroup = entry.folder?.raw
            launch.cgroupProcsPaths = entry.procsPaths
            return try withExtendedLifetime((null, entry.folder)) { try spawn(launch) }
        }
    }

    /// Waits until somebody listens at the daemon's socket. It is never connected to for that: the first connection
    /// is the machine's.
    ///
    /// - Throws: `unavailable` with what the daemon said, or `deadlineExceeded`.
    static func waitUntilListening(
        _ process: HelperProcess, in folder: StateFolder, _ environment: SandboxEnvironment
    ) async throws {
        try CrashPoint.pass("vsock.wait")
        let path = folder.vsockDeviceSocket
        let end = ContinuousClock.now + patience
        while try access(path, F_OK) != 0 || !isListening(atUnixSocket: path) {
            guard ContinuousClock.now < end else {
                throw RuntimeError(
                    .deadlineExceeded,
                    "can't start the vsock daemon: it did not listen within \(patience); see vhost_user_vsock_daemon"
                )
            }
            if access("/proc/\(process.pid)", F_OK) != 0 {
                let account = await process.account(of: try await process.exited.get())
                throw RuntimeError(
                    .unavailable, "can't start the vsock daemon: \(account); see vhost_user_vsock_daemon")
            }
            try await environment.loop.sleep(for: .milliseconds(2))
        }
    }
}

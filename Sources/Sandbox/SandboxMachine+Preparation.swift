import AgentClient
import Configuration
import Glibc
import Hypervisor
import Linux
import LoopSupport
import OCI
import RuntimeErrors
import SharedFilesystem

extension SandboxMachine {
    /// Fails before anything is made when a file that the plan names is missing.
    static func checkFiles(of plan: VMPlan, _ configuration: RuntimeConfiguration) throws(RuntimeError) {
        let place = configuration.files.first ?? "the configuration"
        func check(_ key: String, _ path: String, _ mode: CInt) throws(RuntimeError) {
            guard access(path, mode) != 0 else { return }
            throw RuntimeError(
                .failedPrecondition,
                "can't use '\(path)': correct key '\(key)' in '\(place)' or install the file",
                cause: Errno(rawValue: errno))
        }
        for file in plan.monitorFiles { try check(file.key, file.use.path, file.use.mode) }
        try check("virtio_fs_daemon", configuration.hypervisor.virtiofsd.path, X_OK)
        if case .vhostUser? = plan.vsock {
            try check("vhost_user_vsock_daemon", configuration.vsockDaemon, X_OK)
        }
        if plan.accelerator == .kvm { try checkKVM(place) }
    }

    private static func checkKVM(_ place: String) throws(RuntimeError) {
        guard access("/dev/kvm", R_OK | W_OK) != 0 else { return }
        throw RuntimeError(
            .failedPrecondition,
            "can't use '/dev/kvm': enable virtualization in the firmware and load kvm_intel or kvm_amd, or set accelerator = \"tcg\" in '\(place)'",
            cause: Errno(rawValue: errno))
    }

    /// The namespace whose traffic the machine carries, which is the spec's or else a new one with nothing but
    /// `lo`, and the empty share in a namespace of its own.
    static func makeNamespaces(
        for request: ContainerRequest, _ network: NetworkNamespace?, _ environment: SandboxEnvironment
    ) async throws -> (NetworkNamespace, SharedTree) {
        let fileServer = request.configuration.hypervisor.virtiofsd.path
        return try await environment.effects.run(
            "make the namespaces of sandbox '\(request.id.rawValue)'", deadline: .seconds(10)
        ) {
            (try network ?? NetworkNamespace.create(), try SharedTree.create(holding: [fileServer]))
        }
    }

    /// Where the guest's agent is found, and the daemon that takes calls there, started but perhaps not
    /// listening yet; nil where the monitor or the host's kernel does.
    static func startVsock(
        _ plan: VMPlan, _ request: ContainerRequest, _ folder: StateFolder, _ sandbox: SandboxName,
        _ cgroup: SandboxCgroup, _ environment: SandboxEnvironment
    ) async throws -> (AgentAddress, HelperProcess?) {
        switch plan.vsock {
        case .kernel(let cid)?:
            return (.kernel(cid: cid, port: AgentAddress.port), nil)
        case .hybrid(_, let path)?:
            return (.hybrid(path: path, port: AgentAddress.port), nil)
        case .vhostUser(let cid, _, let path)?:
            let daemon = try await VsockDaemon.start(
                request.configuration.vsockDaemon, cid: cid, folder: folder, sandbox: sandbox, cgroup: cgroup,
                environment)
            return (.hybrid(path: path, port: AgentAddress.port), daemon)
        case nil:
            throw RuntimeError(
                .internalError, "can't boot sandbox '\(sandbox.id)': its plan has no vsock; report this")
        }
    }

    /// Opens `/dev/vhost-vsock` where the plan uses it.
    static func openVhostVsock(_ plan: VMPlan, _ environment: SandboxEnvironment) throws -> SharedDescriptor?
    {
        guard case .kernel? = plan.vsock else { return nil }
        let path = "\(environment.roots.dev)/vhost-vsock"
        do throws(Errno) {
            return try openDescriptor(path, flags: O_RDWR).shared()
        } catch {
            throw RuntimeError(.failedPrecondition, "can't open '\(path)'; check its rights", cause: error)
        }
    }

    /// Starts virtiofsd on the share, with its socket bound beforehand: there is no moment without it.
    static func startFileServer(
        for sandbox: SandboxName, _ request: ContainerRequest, on tree: SharedTree, _ folder: StateFolder,
        _ cgroup: SandboxCgroup, _ environment: SandboxEnvironment
    ) async throws -> HelperProcess {
        let options = try VirtiofsOptions(request.configuration.hypervisor.virtiofsd, for: sandbox)
        try CrashPoint.pass("virtiofsd.socket")
        let listener = try UnixListener(binding: folder.shareSocket, backlog: 1, blocking: true)
        let oomScore = request.spec.process?.oomScoreAdj
        try CrashPoint.pass("virtiofsd.spawn")
        return try await HelperProcess.start("virtiofsd", environment) { standardError in
            var surroundings = VirtiofsDaemon.Environment(
                listener: listener.descriptor.raw, standardError: standardError)
            let entry = try cgroup.entry()
            surroundings.cgroup = entry.folder?.raw
            surroundings.cgroupProcsPaths = entry.procsPaths
            surroundings.oomScoreAdjust = oomScore
            return try withExtendedLifetime(entry.folder) {
                try VirtiofsDaemon.start(options, serving: tree, surroundings)
            }
        }
    }
}

extension VirtiofsOptions {
    /// The options of a sandbox's file server as the configuration has them.
    init(_ configuration: VirtiofsdConfiguration, for sandbox: SandboxName) throws(RuntimeError) {
        try self.init(
            executable: configuration.path, sandboxID: sandbox.id.rawValue,
            cache: Cache(rawValue: configuration.cache) ?? .auto, extraArguments: configuration.extraArguments
        )
    }
}

extension VMPlan {
    /// The plan's vsock.
    var vsock: VsockDevice? {
        for device in devices {
            if case .vsock(let vsock) = device.device { return vsock }
        }
        return nil
    }
}

extension RuntimeConfiguration {
    /// The daemon for hosts without `/dev/vhost-vsock`; empty where the monitor needs none.
    var vsockDaemon: String {
        if case .qemu(let qemu) = hypervisor.monitor { qemu.vsockDaemon } else { "" }
    }
}

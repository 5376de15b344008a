import AgentProtocol
import CLinux
import Glibc
import GuestRuntime
import Linux
import LoopSupport
import NIOCore
import RuntimeErrors

extension StorageMount {
    init(_ storage: AgentStorage) throws(RuntimeError) {
        let path = try PlanText.absolute(storage.mountPoint, "mount point")
        guard path.hasPrefix("/run/kata-containers/") || path == "/dev/shm" else {
            throw RuntimeError(
                .invalidArgument,
                "can't mount at '\(path)' in the guest: it is not beneath '/run/kata-containers/'")
        }
        let type: String
        switch storage.driver {
        case "virtio-fs": type = "virtiofs"
        case "ephemeral": type = "tmpfs"
        default: throw LaunchPlan.unsupported("the storage driver '\(storage.driver)'")
        }
        self.init(
            type: type, source: try PlanText.checked(storage.source, "storage source"), path: path,
            options: try PlanText.checked(storage.options, "mount option"))
    }
}

extension Agent {
    /// Prepares the guest for containers.
    func createSandbox(_ request: AgentCreateSandboxRequest) async throws {
        if request.sandboxPidns { throw LaunchPlan.unsupported("a process namespace of the whole sandbox") }
        if !request.guestHookPath.isEmpty { throw LaunchPlan.unsupported("hooks in the guest") }
        if !request.kernelModules.isEmpty { throw LaunchPlan.unsupported("kernel modules by name") }
        let storages = try request.storages.map(StorageMount.init)
        let hostname = try PlanText.checked(request.hostname, "host name")
        let resolver = request.dns.map { try? PlanText.checked($0, "name server") }.compactMap { $0 }
        let folder = surroundings.sandbox
        try await effect("prepare the sandbox") {
            var mounted: [StorageMount] = []
            do {
                for storage in storages {
                    try storage.mount()
                    mounted.append(storage)
                }
                if !hostname.isEmpty { try checked(CLinux_set_hostname(hostname, hostname.utf8.count)) }
                try Self.write(resolver.joined(separator: "\n") + "\n", to: "resolv.conf", in: folder)
            } catch {
                for storage in mounted.reversed() { try? storage.unmount() }
                throw error
            }
        }
        self.storages += storages
    }

    /// Ends all containers and then the guest, after the answer has gone out.
    func destroySandbox() async throws {
        for id in Array(containers.keys) {
            // What does not die now dies with the guest.
            try? await removeContainer(id, within: 5)
        }
        let storages = self.storages.reversed()
        self.storages = []
        try await effect("sync the guest's files") {
            for storage in Array(storages) { try? storage.unmount() }
            sync()
        }
        let (loop, finish) = (loop, finish)
        loop.task {
            try await loop.sleep(for: .milliseconds(20))
            finish.succeed()
        }
    }

    /// Sets the clock.
    func setClock(seconds: Int64, microseconds: Int64) throws {
        try requireMachine(for: "set the clock")
        do {
            try checked(CLinux_clock_set(seconds, microseconds))
        } catch {
            throw RuntimeError(error, "can't set the guest's clock")
        }
    }

    /// Adds to the random numbers.
    func reseed(_ bytes: [UInt8]) throws {
        try requireMachine(for: "add random bytes")
        guard !bytes.isEmpty, bytes.count <= 4096 else {
            throw RuntimeError(.invalidArgument, "can't add random bytes: send 1 to 4096 of them")
        }
        do {
            try checked(CLinux_random_add(bytes, CInt(bytes.count)))
        } catch {
            throw RuntimeError(error, "can't add random bytes in the guest")
        }
    }

    /// Fails in a test process: clock and random numbers would be those of the machine around it.
    private func requireMachine(for action: String) throws(RuntimeError) {
        guard surroundings.isMachine else {
            throw RuntimeError(
                .failedPrecondition, "can't \(action): this agent has no machine of its own; run it in one")
        }
    }

    private static func write(_ text: String, to name: String, in folder: String) throws {
        let parent = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)])
        if !parent.isEmpty { _ = mkdir(parent, 0o755) }
        _ = mkdir(folder, 0o755)
        do {
            let file = try openDescriptor(
                "\(folder)/\(name)", flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o644)
            try writeAll(Array(text.utf8), to: file.raw)
        } catch {
            throw RuntimeError(error, "can't write '\(folder)/\(name)' in the guest")
        }
    }
}

import AgentClient
import Configuration
import Glibc
import Hypervisor
import Linux
import Logging
import LoopSupport
import NIOCore
import OCI
import RuntimeErrors
import SharedFilesystem

/// A booted machine with all that serves it: its files, its daemons, its agent.
final class SandboxMachine: Sendable {
    let vm: any RunningVM
    let agent: GuestAgent
    /// The pod's network namespace, in which the monitor is.
    var network: NetworkNamespace { parts.network }
    /// What it has of the host's devices.
    let devices: MachineDevices
    private let parts: MachineParts
    private let environment: SandboxEnvironment

    init(
        vm: any RunningVM, agent: GuestAgent, devices: MachineDevices, parts: MachineParts,
        environment: SandboxEnvironment
    ) {
        self.devices = devices
        self.vm = vm
        self.agent = agent
        self.parts = parts
        self.environment = environment
    }

    /// Puts a container's files into the share.
    func attach(_ shares: [PlannedShare], of id: ContainerID) async throws {
        try await Self.attach(shares, of: id, to: parts.tree, environment)
    }

    /// Puts a container's files into a share, whose machine may not run yet.
    static func attach(
        _ shares: [PlannedShare], of id: ContainerID, to tree: SharedTree, _ environment: SandboxEnvironment
    ) async throws {
        try await environment.effects.run(
            "share the files of container '\(id.rawValue)'", deadline: .seconds(20)
        ) {
            for share in shares {
                let place = try SharedPlace(container: id.rawValue, share.part)
                try tree.attach(try share.content.prepared(), at: place)
            }
        }
    }

    /// Takes a container's files out of the share.
    func detach(_ id: ContainerID) async {
        let tree = parts.tree
        do {
            try await environment.effects.run(
                "unshare the files of container '\(id.rawValue)'", deadline: .seconds(10)
            ) {
                try tree.detach(container: id.rawValue)
            }
        } catch {
            environment.logger.warning(
                "files not unshared", metadata: ["container": "\(id.rawValue)", "error": "\(error)"])
        }
    }

    /// How long the failure of a call may be ahead of the end that has caused it.
    static let causeLag = Duration.milliseconds(200)

    /// Waits until the machine or something that it can't do without has ended.
    ///
    /// - Returns: what ended, and how.
    func firstLoss() async -> String {
        let promise = environment.loop.eventLoop.makePromise(of: String.self)
        let vm = vm
        environment.loop.task { promise.succeed(Self.account(of: await vm.waitForExit())) }
        for helper in parts.helpers {
            helper.exited.whenSuccess { status in
                self.environment.loop.task { promise.succeed(await helper.account(of: status)) }
            }
        }
        agent.closed.whenComplete { _ in
            self.environment.loop.task {
                // What has ended the connection says more than its end.
                try await self.environment.loop.sleep(for: Self.causeLag)
                promise.succeed("the guest agent has closed its connection")
            }
        }
        let probe = HealthProbe(agent: agent, vm: vm, loop: environment.loop, logger: environment.logger)
        let probing = environment.loop.task { promise.succeed(try await probe.untilLost()) }
        defer { probing.cancel() }
        return (try? await promise.futureResult.get()) ?? "the event loop ended"
    }

    /// Ends everything: the guest is asked first when `orderly`, and killed when it does not follow.
    func stop(orderly: Bool) async {
        if orderly {
            let agent = agent
            try? await environment.loop.withDeadline(.seconds(2), "stop the guest") {
                try await agent.destroySandbox()
            }
            await vm.stop(grace: .seconds(2))
        } else {
            vm.kill()
            _ = await vm.waitForExit()
        }
        await agent.close()
        await parts.release(environment)
    }

    private static func account(of exit: VMExit) -> String {
        let end =
            switch exit.status {
            case .exited(let code): "the virtual machine monitor exited with \(code)"
            case .signaled(let signal): "the virtual machine monitor was killed by signal \(signal)"
            }
        let said = exit.standardError.split(separator: "\n").suffix(3).joined(separator: " | ")
        return "\(end) (\(exit.reason.rawValue))" + (said.isEmpty ? "" : " and said '\(said)'")
    }
}

extension PlannedShare.Content {
    /// Makes the mounts, attached nowhere yet.
    fileprivate func prepared() throws -> [PreparedMount] {
        switch self {
        case .rootfs(let mounts):
            try PreparedMount.rootfs(mounts)
        case .bind(let source, let recursive, let readOnly):
            [
                try PreparedMount.bind(
                    BindSource(
                        path: source, readOnly: readOnly, recursive: recursive,
                        recursivelyReadOnly: readOnly && recursive))
            ]
        }
    }
}

import ContainerdProtocol
import Glibc
import Linux
import Logging
import LoopSupport
import NIOCore
import OCI
import RuntimeErrors
package import Sandbox
import TTRPC

/// No verb: serves the Task API of one sandbox until containerd lets go of it.
package struct ServeVerb: Sendable {
    /// How long containerd may take for the last events.
    private static let lastEvents = Duration.seconds(3)

    let flags: ShimFlags
    let environment: ShimEnvironment
    let bundle: Bundle
    /// What differs between programs: how virtual machines are made.
    let makeMonitor: MonitorFactory

    /// The verb for a command line, in the bundle that is the working directory.
    package init(
        _ flags: ShimFlags, _ environment: ShimEnvironment, bundle: Bundle,
        makeMonitor: @escaping MonitorFactory
    ) {
        self.flags = flags
        self.environment = environment
        self.bundle = bundle
        self.makeMonitor = makeMonitor
    }

    /// Serves on the inherited listening socket; returns when it is time to exit, at once when `start` has failed.
    package func run() throws {
        signal(SIGPIPE, SIG_IGN)
        try blockSignals([SIGTERM, SIGINT, SIGCHLD])
        guard StartConfirmation.received() else { return removeSocket(try ContainerID(parsing: flags.id)) }
        try MainLoop.run { loop in try await serve(on: loop) }
    }

    private func serve(on loop: MainLoop) async throws {
        let id = try ContainerID(parsing: flags.id)
        let name = SandboxName(containerdAddress: flags.address, namespace: flags.namespace, id: id)
        let logger = makeLogger(name)
        let events = EventPublisher(
            address: environment.ttrpcAddress, namespace: flags.namespace, loop: loop, logger: logger)
        let children = try await ChildMonitor.start(on: loop)
        let sandbox = PodSandbox(
            name: name,
            environment: SandboxEnvironment(
                loop: loop, children: children, effects: EffectThread(for: loop), roots: .ofProcess(),
                makeMonitor: { try makeMonitor($0, loop, children) }, events: events, logger: logger))
        let leaving = loop.eventLoop.makePromise(of: Void.self)
        let departure = Departure(on: loop) {
            guard await sandbox.isEmpty else { return await sandbox.hasContainers ? .used : .beginning }
            return .empty
        } leave: {
            leaving.succeed()
        }
        let server = makeServer(
            TaskHandler(sandbox: sandbox, loop: loop, logger: logger, departure: departure), loop: loop)
        try CrashPoint.pass("serve.listen")
        try await server.serve(
            onListeningSocket: StartVerb.listenerDescriptor, eventLoop: loop.eventLoop)
        try await watchTermination(on: loop) { leaving.succeed() }
        logger.info("shim serving", metadata: ["sandbox": "\(id)", "key": "\(name.key)"])
        try CrashPoint.pass("serve.ready")
        await departure.consider()
        try await leaving.futureResult.get()
        try? CrashPoint.pass("serve.leave")
        await sandbox.shutdown()
        try? CrashPoint.pass("serve.flush")
        await events.flush(within: Self.lastEvents)
        await server.shutdown(grace: .seconds(1))
        try? CrashPoint.pass("serve.socket")
        removeSocket(id)
        try? CrashPoint.pass("serve.left")
        logger.info("shim leaves", metadata: ["sandbox": "\(id)"])
    }

    private func makeServer(_ handler: TaskHandler, loop: MainLoop) -> TTRPCServer {
        var hooks = ServerHooks()
        hooks.status = { TTRPCError(mapping: $0) }
        // Only root may speak to a shim, whoever gets hold of the socket's path.
        hooks.admit = { descriptor in
            let peer = try PeerCredentials(ofPeerAt: descriptor)
            guard peer.uid == getuid() else {
                throw RuntimeError(
                    .permissionDenied,
                    "can't serve user \(peer.uid): only user \(getuid()) may speak to the shim")
            }
        }
        return TTRPCServer(
            services: [
                handler.description(named: "containerd.task.v2.Task"),
                handler.description(named: "containerd.task.v3.Task"),
            ],
            executor: loop.executor, hooks: hooks)
    }

    private func makeLogger(_ name: SandboxName) -> Logger {
        // Standard error is the bundle's log FIFO, set up by `start`.
        let log = SharedDescriptor(owning: dup(2))
        let level: Logger.Level = flags.debug ? .debug : .info
        return Logger(label: "swiftlet") { _ in BundleLog(descriptor: log, level: level) }
    }

    private func removeSocket(_ sandbox: ContainerID) {
        let address = SocketAddress(
            containerdAddress: flags.address, namespace: flags.namespace,
            sandbox: sandbox)
        unlink(address.path)
    }
}

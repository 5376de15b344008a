import AgentProtocol
import GuestRuntime
import Linux
package import LoopSupport
import NIOCore
import NIOPosix
import RuntimeErrors
import TTRPC

/// Serves an agent's two services.
package final class AgentServer: Sendable {
    /// Calls that would drown all others in a log.
    private static let manyTimesCalled: Set = ["ReadStdout", "ReadStderr", "WriteStdin", "Check"]

    private let server: TTRPCServer
    private let loop: MainLoop

    package init(_ agent: Agent, on loop: MainLoop) {
        var hooks = ServerHooks()
        hooks.status = { error in
            guard let error = error as? RuntimeError else { return TTRPCError(.internal, "\(error)") }
            return TTRPCError(.init(rawValue: error.code.rawValue), "\(error)")
        }
        let log = agent.log
        if log.writes(.debug) {
            hooks.callReceived = { _, method in
                if !Self.manyTimesCalled.contains(method) { log.write(.debug, "call \(method)") }
            }
        }
        server = TTRPCServer(
            services: [AgentHandlers(agent: agent).description(), HealthHandlers().description()],
            executor: loop.executor, hooks: hooks)
        self.loop = loop
    }

    /// Listens on a vsock port of this machine.
    package func serve(port: UInt32) async throws {
        _ = try await bootstrap(hostOnly: true).bind(to: VsockAddress(cid: .any, port: .init(Int(port))))
            .get()
    }

    /// Listens on a Unix socket; for tests.
    package func serve(unixPath path: String) async throws {
        _ = try await bootstrap(hostOnly: false).bind(unixDomainSocketPath: path).get()
    }

    private func bootstrap(hostOnly: Bool) -> ServerBootstrap {
        let (server, loop) = (server, loop)
        return ServerBootstrap(group: loop.eventLoop).childChannelInitializer { channel in
            // Nothing is read from the connection before this is done.
            let attached = channel.eventLoop.makePromise(of: Void.self)
            do {
                if hostOnly { try admitHost(channel) }
                try channel.pipeline.syncOperations.addHandler(BoundedWrites())
            } catch {
                attached.fail(error)
            }
            loop.task {
                do {
                    try await server.accept(channel: channel)
                    attached.succeed()
                } catch {
                    attached.fail(error)
                }
            }
            return attached.futureResult
        }
    }

    /// Ends all connections once their calls are answered.
    package func shutdown() async {
        await server.shutdown(grace: .seconds(1))
    }
}

/// Closes what the host has not opened: in a guest whose vsock loops back, a container could ask its own agent.
func admitHost(_ channel: any Channel) throws {
    let cid = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
        of: NIOBSDSocket.Handle.self
    ) { try VsockSocket.peerCID(of: $0) }
    guard cid == VsockSocket.hostCID else {
        throw RuntimeError(.permissionDenied, "can't serve another than the host")
    }
}

import Glibc
import Linux
import LoopSupport
import NIOCore
import NIOPosix
import RuntimeErrors
import TTRPC

/// Connects to the agent's ttrpc server.
enum AgentConnection {
    /// How long one attempt may take. One that is made before the guest is up is answered once it is; many that
    /// are given up meanwhile jam the vsock daemon (vhost-device-vsock 0.3.0) for good.
    private static let attempt = Duration.seconds(20)
    /// What an agent that is not trusted may cost. its longest answer is a piece of output, with some words around it.
    private static var limits: TTRPCLimits {
        var limits = TTRPCLimits()
        limits.maximumReceivedFrameLength = GuestAgent.largestPiece + (64 << 10)
        limits.maximumEnvelopeEntries = 16
        return limits
    }
    /// The pause between attempts.
    private static let pause = Duration.milliseconds(10)

    /// Tries until the agent answers, or `deadline` has passed.
    ///
    /// - Throws: `deadlineExceeded` with the last attempt's failure as its cause.
    static func open(_ address: AgentAddress, within deadline: Duration, on loop: MainLoop) async throws
        -> TTRPCClient
    {
        let end = ContinuousClock.now + deadline
        while true {
            do {
                return try await loop.withDeadline(attempt, "connect to the guest agent") {
                    try await once(address, on: loop)
                }
            } catch let error as CancellationError {
                throw error
            } catch  where ContinuousClock.now >= end {
                throw RuntimeError(
                    .deadlineExceeded,
                    "can't reach the guest agent at '\(address)' within \(deadline): see the guest's console, or raise dial_timeout",
                    cause: error)
            } catch {
                try await loop.sleep(for: pause)
            }
        }
    }

    private static func once(_ address: AgentAddress, on loop: MainLoop) async throws -> TTRPCClient {
        switch address {
        case .unix(let path):
            return try await TTRPCClient.connect(unixPath: path, eventLoop: loop.eventLoop, limits: limits)
        case .kernel(let cid, let port):
            let channel = try await ClientBootstrap(group: loop.eventLoop)
                .connect(to: VsockAddress(cid: .init(Int(cid)), port: .init(Int(port)))).get()
            return try await TTRPCClient.wrap(channel: channel, limits: limits)
        case .hybrid(let path, let port):
            let accepted = loop.eventLoop.makePromise(of: Void.self)
            do {
                let channel = try await ClientBootstrap(group: loop.eventLoop)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(
                                HybridHandshake(port: port, accepted: accepted))
                        }
                    }
                    .connect(unixDomainSocketPath: path).get()
                try await withTaskCancellationHandler {
                    try await accepted.futureResult.get()
                } onCancel: {
                    channel.close(promise: nil)
                }
                return try await TTRPCClient.wrap(channel: channel, limits: limits)
            } catch {
                accepted.fail(error)
                throw error
            }
        }
    }
}

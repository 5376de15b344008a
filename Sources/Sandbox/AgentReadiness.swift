import Hypervisor
import LoopSupport
import NIOCore
import RuntimeErrors

/// Tells when the guest's agent listens, by what it writes on the console then.
///
/// Being asked before that now and then jams the vsock of vhost-device-vsock 0.3.0 for good.
final class AgentReadiness: Sendable {
    /// How long that line is waited for; other agents do not write it.
    private static let patience = Duration.seconds(20)

    private let loop: MainLoop
    private let promise: EventLoopPromise<Void>

    init(on loop: MainLoop) {
        self.loop = loop
        promise = loop.eventLoop.makePromise()
    }

    deinit { promise.succeed() }

    /// Takes a line of the console.
    func hear(_ line: ConsoleLine) {
        if line.text.hasPrefix(GuestWords.readyLine) { promise.succeed() }
    }

    /// Waits until the agent listens, or has had the time to.
    func wait() async throws {
        let heard = promise.futureResult
        do {
            try await loop.withDeadline(Self.patience, "see the agent ready") { try await heard.get() }
        } catch let error as RuntimeError where error.code == .deadlineExceeded {
            return
        }
    }
}

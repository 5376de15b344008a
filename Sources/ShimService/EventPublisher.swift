import ContainerdProtocol
import FoundationEssentials
import Linux
package import Logging
package import LoopSupport
import NIOConcurrencyHelpers
import RuntimeErrors
package import Sandbox
import SwiftProtobuf
import TTRPC

/// Delivers events to containerd, in order, each until it is taken or containerd has refused it often enough.
///
/// The queue is bounded: with containerd gone for long the oldest events are dropped, with a log line.
package final class EventPublisher: SandboxEventSink {
    /// The most events that wait for containerd.
    private static let capacity = 2048
    /// How often one event is tried.
    private static let attempts = 5
    /// How long containerd may take for one event.
    private static let deadline = Duration.seconds(5)

    private struct Queue {
        var events: [(SandboxEvent, Google_Protobuf_Timestamp)] = []
        var isPumping = false
    }

    private let loop: MainLoop
    private let logger: Logger
    private let namespace: String
    private let address: String
    private let queue = NIOLockedValueBox(Queue())

    /// - Parameter address: containerd's ttrpc socket (`TTRPC_ADDRESS`); empty when there is none, as with
    ///   CRI-O: events are then only logged.
    package init(address: String, namespace: String, loop: MainLoop, logger: Logger) {
        self.address = address.hasPrefix("unix://") ? String(address.dropFirst(7)) : address
        self.namespace = namespace
        self.loop = loop
        self.logger = logger
    }

    package func publish(_ event: SandboxEvent) {
        try? CrashPoint.pass("event.queue")
        let now = Google_Protobuf_Timestamp(ExitRecord(status: 0))
        let (dropped, mustStart) = queue.withLockedValue { queue in
            let dropped = queue.events.count >= Self.capacity
            if dropped { queue.events.removeFirst() }
            queue.events.append((event, now))
            defer { queue.isPumping = true }
            return (dropped, !queue.isPumping)
        }
        if dropped { logger.error("event dropped: containerd does not take events") }
        if mustStart { loop.task { await self.pump() } }
    }

    /// Waits until every event is delivered or given up, at most `limit`.
    package func flush(within limit: Duration) async {
        let end = ContinuousClock.now + limit
        while queue.withLockedValue({ $0.isPumping }), ContinuousClock.now < end {
            try? await loop.sleep(for: .milliseconds(5))
        }
    }

    private func pump() async {
        var client: TTRPCClient?
        while let (event, time) = next() {
            await deliver(event, time, &client)
        }
        await client?.close()
    }

    private func next() -> (SandboxEvent, Google_Protobuf_Timestamp)? {
        queue.withLockedValue { queue in
            guard !queue.events.isEmpty else {
                queue.isPumping = false
                return nil
            }
            return queue.events.removeFirst()
        }
    }

    private func deliver(
        _ event: SandboxEvent, _ time: Google_Protobuf_Timestamp, _ client: inout TTRPCClient?
    ) async {
        guard let message = try? EventMessage(event) else { return }
        guard !address.isEmpty else {
            logger.info("event", metadata: ["topic": "\(message.topic)"])
            return
        }
        var request = ForwardRequest()
        request.envelope.timestamp = time
        request.envelope.namespace = namespace
        request.envelope.topic = message.topic
        request.envelope.event.typeURL = message.typeName
        request.envelope.event.value = .init(message.bytes)
        var pause = Duration.milliseconds(50)
        for attempt in 1...Self.attempts {
            do {
                try CrashPoint.pass("event.send")
                let connection: TTRPCClient
                if let client {
                    connection = client
                } else {
                    connection = try await TTRPCClient.connect(unixPath: address, eventLoop: loop.eventLoop)
                    client = connection
                }
                _ = try await EventsClient(connection).forward(request, timeout: Self.deadline)
                try? CrashPoint.pass("event.sent")
                return
            } catch {
                logger.warning(
                    "event not delivered",
                    metadata: ["topic": "\(message.topic)", "attempt": "\(attempt)", "error": "\(error)"])
                await client?.close()
                client = nil
                try? await loop.sleep(for: pause)
                pause *= 2
            }
        }
    }
}

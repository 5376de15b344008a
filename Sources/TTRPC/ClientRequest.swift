import NIOCore
import SwiftProtobuf

/// One request on its way: what it says of itself and the serialized message.
///
/// - Safety: unchecked because the payload is touched by the event loop only, after it is handed over.
final class ClientRequest: @unchecked Sendable {
    let envelope: RequestEnvelope
    private(set) var payload: PayloadBuffer
    /// How long the caller waits.
    let timeout: TimeAmount?
    /// Whether a stream is answered by one response, and not by any number of messages.
    let expectsOneResponse: Bool

    init(
        service: String, method: String, payload: PayloadBuffer, metadata: CallMetadata, timeout: Duration?,
        expectsOneResponse: Bool = true
    ) {
        let nanoseconds = timeout?.clampedNanoseconds
        envelope = RequestEnvelope(
            service: service, method: method, timeoutNanoseconds: nanoseconds ?? 0, metadata: metadata)
        self.payload = payload
        self.timeout = nanoseconds.map { .nanoseconds($0) }
        self.expectsOneResponse = expectsOneResponse
    }

    /// Service and method, for messages.
    var name: String { "\(envelope.service)/\(envelope.method)" }

    /// Lets go of the payload, so that its taker may write to it without a copy.
    func releasePayload() { payload = PayloadBuffer(ByteBuffer()) }
}

/// An open stream as the connection keeps it; it lives on the event loop.
///
/// - Safety: unchecked because its halves look after themselves and the rest is touched on the loop only.
final class ClientStream: @unchecked Sendable {
    let id: UInt32
    let inbound: InboundStream
    let outbound: OutboundStream?
    let isSingle: Bool
    private let deadline: Scheduled<Void>?

    init(
        id: UInt32, inbound: InboundStream, outbound: OutboundStream?, isSingle: Bool,
        deadline: Scheduled<Void>?
    ) {
        self.id = id
        self.inbound = inbound
        self.outbound = outbound
        self.isSingle = isSingle
        self.deadline = deadline
    }

    /// Ends both halves.
    func close(_ result: Result<Void, TTRPCError>, droppingQueue: Bool = false) {
        deadline?.cancel()
        inbound.finish(result, droppingQueue: droppingQueue)
        if case .failure(let error) = result { outbound?.close(error) } else { outbound?.close(.streamEnded) }
    }
}

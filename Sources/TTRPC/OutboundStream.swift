import NIOCore
import SwiftProtobuf

/// The sending half of a stream.
///
/// - Safety: unchecked because all state is touched on the event loop only.
final class OutboundStream: @unchecked Sendable {
    private let eventLoop: any EventLoop
    private let transport: NIOLoopBound<FrameTransport>
    private let streamID: UInt32
    private let limit: Int
    private var end: TTRPCError?

    /// Creates the half; on the loop.
    init(streamID: UInt32, transport: FrameTransport, eventLoop: any EventLoop, limit: Int) {
        self.eventLoop = eventLoop
        self.transport = NIOLoopBound(transport, eventLoop: eventLoop)
        self.streamID = streamID
        self.limit = limit
    }

    // MARK: The connection's side, on the loop

    /// Whether the peer still expects data.
    var isOpen: Bool { end == nil }

    /// Refuses what is sent from now on.
    func close(_ reason: TTRPCError) { end = end ?? reason }

    // MARK: The sender's side, anywhere

    /// Sends one message, when the socket takes it.
    func send(_ message: some Message) async throws {
        var payload = try PayloadBuffer(encoding: message)
        guard payload.count <= limit else {
            throw TTRPCError(
                .resourceExhausted,
                "can't send a message of \(payload.count) bytes: \(limit) are allowed")
        }
        try await send(payload.dataFrame(streamID: streamID, flags: []), isLast: false)
    }

    /// Says that nothing more comes; saying it again does nothing.
    func finish() async throws {
        try await send(Self.lastFrame(streamID: streamID), isLast: true)
    }

    static func lastFrame(streamID: UInt32) -> ByteBuffer {
        var empty = PayloadBuffer(repeating: 0, count: 0)
        return empty.dataFrame(streamID: streamID, flags: [.remoteClosed, .noData])
    }

    private func send(_ frame: ByteBuffer, isLast: Bool) async throws {
        if eventLoop.inEventLoop, !Task.isCancelled, transport.value.isReady {
            return try transmit(frame, isLast: isLast).get()
        }
        try await LoopWaiter<Void>.wait(on: eventLoop) { [self] waiter in
            transport.value.whenReady { [self] isReady in
                guard !waiter.isDone else { return }
                waiter.resume(
                    with: isReady ? transmit(frame, isLast: isLast) : .failure(end ?? .connectionClosed))
            }
        }
    }

    private func transmit(_ frame: ByteBuffer, isLast: Bool) -> Result<Void, TTRPCError> {
        if let end {
            return isLast && end == .requestsFinished ? .success(()) : .failure(end)
        }
        transport.value.write(frame)
        if isLast { end = .requestsFinished }
        return .success(())
    }
}

extension TTRPCError {
    static let requestsFinished = TTRPCError(
        .failedPrecondition, "can't send a message: the sender has said that no more come")
    static let streamEnded = TTRPCError(.failedPrecondition, "can't send a message: the stream has ended")
}

public import SwiftProtobuf

/// Sends messages to the peer on one stream.
public struct MessageWriter<Element: Message>: Sendable {
    let sink: OutboundStream
    var lease: StreamLease?

    /// Sends one message; returns when it has been handed to the socket's queue, which it waits for
    /// when the peer reads slowly.
    ///
    /// - Throws: ``TTRPCError``: resource exhausted if the message is longer than a frame may be,
    ///   cancelled if the task is cancelled, the stream's status if it has ended.
    public func send(_ message: Element) async throws {
        try await sink.send(message)
    }
}

public import SwiftProtobuf

/// The messages that the peer sends on one stream, in order.
///
/// It has one reader: iterate it once. ttrpc has no flow control, so a reader that stops reading
/// first holds up the connection and is then cut off (see ``TTRPCLimits/streamStallTimeout``). A
/// client that lets go of a stream before its end gives it up.
public struct MessageStream<Element: Message>: AsyncSequence, Sendable {
    let source: InboundStream
    var lease: StreamLease?

    /// Reads the messages one by one.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let source: InboundStream
        let lease: StreamLease?

        /// The next message; nil when the peer has sent its last.
        ///
        /// - Throws: ``TTRPCError``: the stream's final status; cancelled if the task is cancelled.
        public mutating func next() async throws -> Element? {
            guard let body = try await source.next() else { return nil }
            return try source.decode(Element.self, body)
        }
    }

    /// Starts reading.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source, lease: lease) }
}

public import NIOCore

/// What a handler knows about its call beyond the request.
///
/// Cancellation is the cancellation of the handler's task: it is cancelled when the connection
/// closes and when ``deadline`` passes.
public struct CallContext: Sendable {
    /// The service as named on the wire, such as `containerd.task.v2.Task`.
    public let service: String

    /// The method as named on the wire, such as `Create`.
    public let method: String

    /// The request's key-value pairs.
    public let metadata: CallMetadata

    /// The time the caller gave the call, counted from its arrival; nil if it set none.
    public let timeout: Duration?

    /// When that time ends on the monotonic clock; nil if the caller set none.
    public let deadline: NIODeadline?

    /// Who calls.
    public let peer: Peer

    /// Creates a context: for tests that call a handler without a connection.
    public init(
        service: String, method: String, metadata: CallMetadata = [:], timeout: Duration? = nil,
        deadline: NIODeadline? = nil, peer: Peer = Peer(connection: 0)
    ) {
        self.service = service
        self.method = method
        self.metadata = metadata
        self.timeout = timeout
        self.deadline = deadline
        self.peer = peer
    }

    /// The other end of the connection that a call came by.
    public struct Peer: Sendable, Hashable {
        /// The number of the connection, counted from 1 within a server; 0 when there is none.
        public let connection: UInt64

        /// Creates a peer.
        public init(connection: UInt64) { self.connection = connection }
    }
}

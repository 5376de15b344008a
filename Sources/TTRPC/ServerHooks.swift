/// What the owner of a server may decide and learn.
public struct ServerHooks: Sendable {
    /// Decides whether a new connection may stay, given its socket's descriptor (to look at
    /// `SO_PEERCRED`, say): it is closed before anything is read when this throws. The descriptor
    /// stays the server's.
    public var admit: (@Sendable (CInt) throws -> Void)?

    /// Called on the event loop whenever the number of connections or running handlers changes.
    public var activityChanged: (@Sendable (ServerActivity) -> Void)?

    /// Called on the event loop when a connection is closed because of what the peer sent, or
    /// because it was not admitted. The message may quote the peer: escape it before logging.
    public var connectionFailed: (@Sendable (TTRPCError) -> Void)?

    /// Called on the event loop before a method is invoked that exists.
    public var callReceived: (@Sendable (_ service: String, _ method: String) -> Void)?

    /// Turns what a handler threw into a status. It does not see ``TTRPCError`` and
    /// `CancellationError`. The default gives unknown with the error's description.
    public var status: @Sendable (any Error) -> TTRPCError = { TTRPCError(.unknown, "\($0)") }

    /// Creates hooks that do nothing.
    public init() {}
}

/// How busy a server is.
public struct ServerActivity: Sendable, Equatable {
    /// Open connections.
    public var connections = 0
    /// Handlers that have not returned, those whose connection is gone included.
    public var calls = 0

    /// Creates a measure.
    public init(connections: Int = 0, calls: Int = 0) {
        self.connections = connections
        self.calls = calls
    }

    /// Whether nobody is connected and nothing runs.
    public var isIdle: Bool { connections == 0 && calls == 0 }
}

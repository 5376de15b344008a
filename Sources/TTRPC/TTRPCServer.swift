import NIOCore
import Synchronization

/// A ttrpc server: dispatches the calls of any number of connections to its services.
///
/// It binds nothing; it is given listening or connected sockets, or channels.
public final class TTRPCServer: Sendable {
    let services: [String: ServiceDescription]
    let executor: (any TaskExecutor)?
    let limits: TTRPCLimits
    let hooks: ServerHooks
    private let state = Mutex(State())

    /// What all connections share, whatever their loops.
    private struct State {
        var isShutDown = false
        var activity = ServerActivity()
        var lastConnection: UInt64 = 0
        var listeners: [ObjectIdentifier: any Channel] = [:]
        var connections: [UInt64: NIOLoopBound<ServerConnection>] = [:]
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// Creates a server.
    ///
    /// - Parameters:
    ///   - services: What is served; of two services of one name the later counts.
    ///   - executor: Where handlers run; nil means the event loop of their connection.
    ///   - limits: What one connection may cost.
    ///   - hooks: What the owner decides and learns.
    public init(
        services: [ServiceDescription], executor: (any TaskExecutor)? = nil,
        limits: TTRPCLimits = TTRPCLimits(), hooks: ServerHooks = ServerHooks()
    ) {
        self.services = Dictionary(services.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        self.executor = executor
        self.limits = limits
        self.hooks = hooks
    }

    /// How busy the server is now.
    public var activity: ServerActivity { state.withLock { $0.activity } }

    /// Stops: no new connections, new requests answered with unavailable, connections closed once
    /// their calls are answered; those that remain after `grace` are closed with their handlers
    /// cancelled. Returns when every connection is closed. Don't await it in a handler.
    public func shutdown(grace: Duration) async {
        let (listeners, connections) = state.withLock { state in
            state.isShutDown = true
            return (state.listeners.values, state.connections.values)
        }
        for listener in listeners { listener.close(promise: nil) }
        for connection in connections {
            connection.eventLoop.runNow { connection.value.drain(grace: TimeAmount(grace)) }
        }
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if !state.connections.isEmpty { state.waiters.append(continuation) }
                return state.connections.isEmpty
            }
            if isDone { continuation.resume() }
        }
    }

    // MARK: What connections and listeners report

    /// Whether the server still takes connections; keeps the listener to close it.
    func register(listener: any Channel) -> Bool {
        let isOpen = state.withLock { state in
            if !state.isShutDown { state.listeners[ObjectIdentifier(listener)] = listener }
            return !state.isShutDown
        }
        listener.closeFuture.whenComplete { [weak self] _ in
            _ = self?.state.withLock { $0.listeners.removeValue(forKey: ObjectIdentifier(listener)) }
        }
        return isOpen
    }

    /// Makes a connection; nil after shutdown. Called on its loop.
    func makeConnection(on eventLoop: any EventLoop) -> ServerConnection? {
        let (connection, activity) = state.withLock { state -> (ServerConnection?, ServerActivity) in
            guard !state.isShutDown else { return (nil, state.activity) }
            state.lastConnection &+= 1  // 2⁶⁴ connections do not come
            let connection = ServerConnection(
                number: state.lastConnection, server: self, eventLoop: eventLoop)
            state.connections[connection.number] = NIOLoopBound(connection, eventLoop: eventLoop)
            state.activity.connections += 1
            return (connection, state.activity)
        }
        if connection != nil { hooks.activityChanged?(activity) }
        return connection
    }

    func connectionClosed(_ number: UInt64, _ reason: TTRPCError) {
        let (activity, waiters) = state.withLock { state in
            state.connections[number] = nil
            state.activity.connections -= 1
            let waiters = state.connections.isEmpty ? state.waiters : []
            if state.connections.isEmpty { state.waiters = [] }
            return (state.activity, waiters)
        }
        if reason != .connectionClosed, reason != .serverShutDown { hooks.connectionFailed?(reason) }
        hooks.activityChanged?(activity)
        for waiter in waiters { waiter.resume() }
    }

    func callsChanged(by difference: Int) {
        let activity = state.withLock { state in
            state.activity.calls += difference
            return state.activity
        }
        hooks.activityChanged?(activity)
    }
}

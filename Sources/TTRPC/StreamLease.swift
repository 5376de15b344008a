import NIOCore

/// Keeps a client's stream open: when the last user of the stream lets go of it, it is given up.
final class StreamLease: Sendable {
    private let client: TTRPCClient
    private let stream: ClientStream

    init(client: TTRPCClient, stream: ClientStream) {
        self.client = client
        self.stream = stream
    }

    deinit {
        let connection = client.connection
        let stream = stream
        client.eventLoop.execute { connection.value.end(stream, .cancelledByCaller) }
    }
}

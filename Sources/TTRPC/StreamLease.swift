/// Keeps a client's stream open: when the last user of the stream lets go of it, it is given up.
final class StreamLease: Sendable {
    private let client: TTRPCClient
    private let stream: ClientStream

    init(client: TTRPCClient, stream: ClientStream) {
        self.client = client
        self.stream = stream
    }

    deinit {
        let stream = stream
        client.afterwards { $0.end(stream, .cancelledByCaller) }
    }
}

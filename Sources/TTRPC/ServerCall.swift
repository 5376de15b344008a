import NIOCore

/// One call that a server's handler works on; it lives on the connection's event loop.
final class ServerCall {
    let streamID: UInt32
    let requestBytes: Int
    var task: Task<Void, Never>?
    var deadline: Scheduled<Void>?
    /// The halves of a streaming call.
    var inbound: InboundStream?
    var outbound: OutboundStream?
    /// Whether the client may still send data.
    var isRemoteOpen: Bool
    /// The status that the call ends with whatever its handler still says.
    private(set) var verdict: TTRPCError?

    init(streamID: UInt32, requestBytes: Int, isRemoteOpen: Bool) {
        self.streamID = streamID
        self.requestBytes = requestBytes
        self.isRemoteOpen = isRemoteOpen
    }

    /// Cancels the handler. Its answer counts if it succeeds in spite of that; otherwise the call
    /// ends with `reason`.
    func cancel(_ reason: TTRPCError) {
        verdict = verdict ?? reason
        inbound?.finish(.failure(reason), droppingQueue: true)
        task?.cancel()
    }

    /// Lets go of what outlives the handler.
    func close() {
        deadline?.cancel()
        inbound?.finish(.failure(.streamEnded), droppingQueue: true)
        outbound?.close(.streamEnded)
    }
}

/// How a handler ended.
enum ServerOutcome: Sendable {
    case response(PayloadBuffer)
    /// The end of the data of a stream.
    case endOfData
    case failure(TTRPCError)
}

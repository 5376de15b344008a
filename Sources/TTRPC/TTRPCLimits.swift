/// What one connection may cost. Every default is generous for local peers; lower them for peers
/// that are not trusted.
public struct TTRPCLimits: Sendable {
    /// The protocol's own limit on the data of one frame: 4 MiB.
    public static let protocolMaximumFrameLength = 4 << 20

    /// The most bytes the data of one frame may have, in both directions; at most
    /// ``protocolMaximumFrameLength``. A longer announced length closes the connection before any of
    /// it is read.
    public var maximumFrameLength: Int {
        didSet { maximumFrameLength = min(max(maximumFrameLength, 0), Self.protocolMaximumFrameLength) }
    }

    /// The same for frames that the peer sends, where its answers are known to be short; at most
    /// ``maximumFrameLength`` counts.
    public var maximumReceivedFrameLength: Int

    /// The most streams open at once. A server answers a further request with resource exhausted; a
    /// client fails a further call with the same code, and closes the connection when the peer owes
    /// answers to this many calls that were given up.
    public var maximumConcurrentStreams: Int

    /// The most request bytes a server lets its running handlers stand for; a request beyond them is
    /// answered with resource exhausted.
    public var maximumRequestBytesInFlight: Int

    /// How many bytes of stream data may wait for their readers before reading the connection
    /// pauses. ttrpc has no flow control of its own, so a slow reader holds up the whole connection…
    public var maximumQueuedStreamBytes: Int

    /// …but no longer than this: after it, streams whose data still waits end with resource
    /// exhausted, and reading goes on.
    public var streamStallTimeout: Duration

    /// The most key-value pairs in a request and details in a status; more close the connection.
    public var maximumEnvelopeEntries: Int

    /// Creates the default limits.
    public init() {
        maximumFrameLength = Self.protocolMaximumFrameLength
        maximumReceivedFrameLength = Self.protocolMaximumFrameLength
        maximumConcurrentStreams = 4096
        maximumRequestBytesInFlight = 64 << 20
        maximumQueuedStreamBytes = 1 << 20
        streamStallTimeout = .seconds(10)
        maximumEnvelopeEntries = 256
    }
}

import NIOCore

/// One unit of the wire: a header of ten bytes and its data.
struct Frame: Equatable {
    static let headerLength = 10

    var streamID: UInt32
    var kind: Kind
    var flags: Flags
    var body: ByteBuffer

    /// The message types of the protocol.
    enum Kind: UInt8 {
        case request = 1
        case response = 2
        case data = 3
    }

    /// The flags of requests and data; responses have none.
    struct Flags: OptionSet {
        let rawValue: UInt8
        /// The sender sends no more on this stream.
        static let remoteClosed = Flags(rawValue: 0x01)
        /// The sender of a request goes on sending data.
        static let remoteOpen = Flags(rawValue: 0x02)
        /// The data frame carries no message, not even an empty one.
        static let noData = Flags(rawValue: 0x04)
    }
}

/// The peer broke the protocol: nothing it sends can be trusted to be in step any more, so the
/// connection closes.
struct ProtocolViolation: Error, Equatable {
    /// What it did; ends the sentence "the peer sent ...".
    var reason: String
    /// The stream of a frame that was too long: a server still answers it.
    var oversizedStream: UInt32?

    init(_ reason: String, oversizedStream: UInt32? = nil) {
        self.reason = reason
        self.oversizedStream = oversizedStream
    }

    /// The violation as the reason for closing.
    func error(_ code: TTRPCError.Code) -> TTRPCError {
        TTRPCError(code, "the connection was closed: the peer sent \(reason)")
    }
}

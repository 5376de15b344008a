import NIOCore

/// The framing of gRPC: a byte that says whether the message is compressed, its length in four bytes, the message.
///
/// gRPC over HTTP2, "Length-Prefixed-Message".
struct MessageFrame {
    private static let headerLength = 5

    private let maximumLength: Int
    private var received = ByteBuffer()

    /// Starts to read the one message of an answer.
    init(maximumLength: Int) {
        self.maximumLength = maximumLength
    }

    /// A message with its frame around it.
    static func wrap(_ message: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt8(0))
        buffer.writeInteger(UInt32(clamping: message.count))
        buffer.writeBytes(message)
        return buffer
    }

    /// Takes the next bytes. What announces too much is refused before it is stored.
    mutating func take(_ piece: ByteBuffer) throws(PeerFailure) {
        received.writeImmutableBuffer(piece)
        guard let length = try announced() else { return }
        guard received.readableBytes - Self.headerLength <= length else {
            throw PeerFailure("it sent more than one message")
        }
    }

    /// The message, when the answer has ended.
    func whole() throws(PeerFailure) -> [UInt8] {
        guard received.readableBytes > 0 else { throw PeerFailure("it sent no message") }
        let body = received.readableBytesView.dropFirst(Self.headerLength)
        guard let length = try announced(), body.count == length else {
            throw PeerFailure("its message ended too early")
        }
        return Array(body)
    }

    private func announced() throws(PeerFailure) -> Int? {
        guard let flag = received.getInteger(at: received.readerIndex, as: UInt8.self) else { return nil }
        guard flag == 0 else {
            throw PeerFailure("it sent a message that is compressed, or none (flag \(flag))")
        }
        guard let length = received.getInteger(at: received.readerIndex + 1, as: UInt32.self) else {
            return nil
        }
        guard length <= maximumLength else {
            throw PeerFailure("its message has \(length) bytes, the limit is \(maximumLength)")
        }
        return Int(length)
    }
}

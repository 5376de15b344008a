import NIOCore

/// Takes the window's size out of the first bytes of a console, if they are one: `ESC [ 8 ; rows ; columns t`, the
/// sequence by which terminals are told theirs.
final class WindowSizeFilter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// The longest one has two numbers of five digits.
    static let longest = 16

    private var first: [UInt8]? = []
    private let onSize: (UInt16, UInt16) -> Void

    init(_ onSize: @escaping (UInt16, UInt16) -> Void) {
        self.onSize = onSize
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard var bytes = first else { return context.fireChannelRead(data) }
        bytes += Array(unwrapInboundIn(data).readableBytesView)
        let (rest, isDone) = take(bytes)
        first = isDone ? nil : bytes
        guard isDone, !rest.isEmpty else { return context.channel.read() }
        context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: rest)))
    }

    /// What is not the size, and whether that is known.
    private func take(_ bytes: [UInt8]) -> (rest: ArraySlice<UInt8>, isDone: Bool) {
        let start: [UInt8] = [0x1b, UInt8(ascii: "["), UInt8(ascii: "8"), UInt8(ascii: ";")]
        guard bytes.starts(with: start.prefix(bytes.count)) else { return (bytes[...], true) }
        guard let end = bytes.prefix(Self.longest).firstIndex(of: UInt8(ascii: "t")) else {
            return (bytes[...], bytes.count >= Self.longest)
        }
        let numbers = bytes[..<end].dropFirst(start.count).split(separator: UInt8(ascii: ";"))
            .compactMap { UInt16(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 2, numbers.allSatisfy({ $0 > 0 }) else { return (bytes[...], true) }
        onSize(numbers[0], numbers[1])
        return (bytes[(end + 1)...], true)
    }
}

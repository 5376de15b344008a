import LoopSupport
import NIOCore
import NIOPosix

/// A server that sends the bytes it is given, whether or not they are HTTP/2: one piece at each request's end.
final class ScriptedServer: Sendable {
    let socket: String
    private let folder: TestFolder
    private let listener: any Channel
    private let left: EventLoopPromise<Void>

    /// - Parameters:
    ///   - greeting: sent when the client connects.
    ///   - answers: the first at the end of the first request, and so on.
    ///   - closes: whether the connection ends after the last answer.
    init(
        greeting: [UInt8] = HTTP2Bytes.settings, answers: [[UInt8]], closes: Bool = false
    ) async throws {
        folder = try TestFolder()
        socket = folder.path + "/kubelet.sock"
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let left = loop.makePromise(of: Void.self)
        self.left = left
        listener = try await ServerBootstrap(group: loop)
            .childChannelInitializer { channel in
                channel.closeFuture.whenComplete { _ in left.succeed() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ScriptHandler(greeting: greeting, answers: answers, closes: closes))
                }
            }
            .bind(unixDomainSocketPath: socket).get()
    }

    deinit {
        listener.close(promise: nil)
        left.fail(ChannelError.eof)
    }

    /// Waits until the client's connection has ended; fails after a minute.
    func clientLeft() async throws {
        let left = left
        try await testLoop.withDeadline(.seconds(60), "see the client leave") {
            try await left.futureResult.get()
        }
    }
}

private final class ScriptHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let greeting: [UInt8]
    private var answers: ArraySlice<[UInt8]>
    private let closes: Bool
    private var received = ByteBuffer()
    private var sawPreface = false

    init(greeting: [UInt8], answers: [[UInt8]], closes: Bool) {
        self.greeting = greeting
        self.answers = answers[...]
        self.closes = closes
    }

    func channelActive(context: ChannelHandlerContext) { send(greeting, context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
        if !sawPreface { sawPreface = received.readSlice(length: 24) != nil }
        while sawPreface, let header = received.getBytes(at: received.readerIndex, length: 9) {
            let length = Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])
            guard received.readableBytes >= 9 + length else { return }
            received.moveReaderIndex(forwardBy: 9 + length)
            guard header[3] == 0, header[4] & 1 == 1, let answer = answers.popFirst() else { continue }
            send(answer, context)
            if answers.isEmpty, closes { context.close(promise: nil) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
}

/// Frames of HTTP/2, byte by byte (RFC 9113, section 4; RFC 7541, 6.2.2).
enum HTTP2Bytes {
    static let settings = frame(type: 4, flags: 0, stream: 0, [])

    static func frame(type: UInt8, flags: UInt8, stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let count = payload.count
        return [UInt8(count >> 16 & 0xff), UInt8(count >> 8 & 0xff), UInt8(count & 0xff)]
            + [type, flags, 0, 0, 0, stream] + payload
    }

    static func headers(_ fields: [(String, String)], stream: UInt8 = 1, end: Bool = false) -> [UInt8] {
        frame(
            type: 1, flags: end ? 5 : 4, stream: stream,
            fields.flatMap { literal($0.0) + literal($0.1, first: []) })
    }

    static func data(_ payload: [UInt8], stream: UInt8 = 1, end: Bool = false) -> [UInt8] {
        frame(type: 0, flags: end ? 1 : 0, stream: stream, payload)
    }

    /// A text that is neither indexed nor compressed, shorter than 127 bytes.
    private static func literal(_ text: String, first: [UInt8] = [0]) -> [UInt8] {
        first + [UInt8(min(text.utf8.count, 126))] + text.utf8.prefix(126)
    }

    static func ok(stream: UInt8 = 1) -> [UInt8] {
        headers([(":status", "200"), ("content-type", "application/grpc")], stream: stream)
    }

    static func status(_ code: String, _ message: String? = nil, stream: UInt8 = 1) -> [UInt8] {
        headers(
            [("grpc-status", code)] + (message.map { [("grpc-message", $0)] } ?? []), stream: stream,
            end: true)
    }

    /// A message in its frame of gRPC.
    static func message(_ bytes: [UInt8], flag: UInt8 = 0, length: Int? = nil) -> [UInt8] {
        let length = UInt32(length ?? bytes.count)
        return [flag] + (0..<4).map { UInt8(length >> (24 - 8 * $0) & 0xff) } + bytes
    }
}

import FoundationEssentials
import Hypervisor
import NIOCore
import RuntimeErrors

/// The loop's side of a QMP connection: cuts the stream into lines, hands answers to those who wait for them
/// and events to the one who listens.
///
/// QEMU is trusted as far as the guest has not taken it over: a line has a greatest length, nothing is kept
/// of what nobody waits for, and what is no QMP ends the connection.
final class QMPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// The longest line in bytes. The answers in use are below 1 KiB.
    static let maximumLine = 256 * 1024

    private let onEvent: @Sendable (_ name: String, QMPMessage.EventData?) -> Void
    private let greeting: EventLoopPromise<QMPMessage.Greeting>
    private var waiting: [String: EventLoopPromise<ByteBuffer>] = [:]
    private var lastNumber: UInt64 = 0
    private var unread = ByteBuffer()
    /// How many of the unread bytes are known to hold no line end.
    private var searched = 0
    private var end: RuntimeError?

    init(
        greeting: EventLoopPromise<QMPMessage.Greeting>,
        onEvent: @escaping @Sendable (_ name: String, QMPMessage.EventData?) -> Void
    ) {
        self.greeting = greeting
        self.onEvent = onEvent
    }

    /// Numbers a command and waits for its answer; fails at once when the connection has ended.
    func expect(_ promise: EventLoopPromise<ByteBuffer>) -> String {
        lastNumber &+= 1
        let id = String(lastNumber)
        if let end {
            promise.fail(end)
        } else {
            waiting[id] = promise
        }
        return id
    }

    /// Forgets a command whose answer nobody waits for any more.
    func abandon(_ id: String) {
        waiting.removeValue(forKey: id)?.fail(CancellationError())
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard end == nil else { return }
        var part = unwrapInboundIn(data)
        unread.writeBuffer(&part)
        while end == nil, let line = nextLine() {
            if line.readableBytes > 1 { handle(line, context) }
        }
        if end == nil, unread.readableBytes > Self.maximumLine {
            close("it sent a line of more than \(Self.maximumLine) bytes", context)
        }
        unread.discardReadBytes()
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish("the connection ended")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close("the connection broke (\(error))", context)
    }

    private func nextLine() -> ByteBuffer? {
        let view = unread.readableBytesView.dropFirst(searched)
        guard let lineEnd = view.firstIndex(of: UInt8(ascii: "\n")) else {
            searched = unread.readableBytes
            return nil
        }
        searched = 0
        return unread.readSlice(length: lineEnd - unread.readerIndex + 1)
    }

    private func handle(_ line: ByteBuffer, _ context: ChannelHandlerContext) {
        guard line.readableBytes <= Self.maximumLine,
            let message = try? JSONDecoder().decode(QMPMessage.self, from: Data(line.readableBytesView))
        else {
            close("it sent a line that is no QMP", context)
            return
        }
        if let greeting = message.greeting {
            self.greeting.succeed(greeting)
        } else if let event = message.event {
            onEvent(event, message.data)
        } else if let id = message.id {
            guard let promise = waiting.removeValue(forKey: id) else { return }
            if let failure = message.error {
                promise.fail(QMPRefusal(failure))
            } else {
                promise.succeed(line)
            }
        } else {
            close("it sent a message that is neither greeting, answer nor event", context)
        }
    }

    private func close(_ reason: String, _ context: ChannelHandlerContext) {
        finish(reason)
        context.close(promise: nil)
    }

    private func finish(_ reason: String) {
        guard end == nil else { return }
        let error = RuntimeError(.unavailable, "can't talk to QEMU: \(reason)")
        end = error
        unread = ByteBuffer()
        greeting.fail(error)
        for promise in waiting.values { promise.fail(error) }
        waiting = [:]
    }
}

/// A command that QEMU did not carry out.
struct QMPRefusal: Error, CustomStringConvertible, Sendable {
    var kind: String
    var description: String

    init(_ failure: QMPMessage.Failure) {
        kind = failure.kind
        description = String(MonitorOutput.line(failure.description).prefix(1024))
    }
}

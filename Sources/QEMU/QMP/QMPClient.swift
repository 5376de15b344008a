import FoundationEssentials
import Linux
import LoopSupport
import NIOCore
import NIOPosix
import RuntimeErrors

/// A connection to a QEMU's machine protocol.
final class QMPClient: Sendable {
    /// Ends when the connection does.
    var closed: EventLoopFuture<Void> { channel.closeFuture }

    private let loop: MainLoop
    private let channel: any Channel
    private let handler: NIOLoopBound<QMPHandler>
    private let greeting: EventLoopFuture<QMPMessage.Greeting>

    private init(
        _ loop: MainLoop, _ channel: any Channel, _ handler: NIOLoopBound<QMPHandler>,
        _ greeting: EventLoopFuture<QMPMessage.Greeting>
    ) {
        self.loop = loop
        self.channel = channel
        self.handler = handler
        self.greeting = greeting
    }

    /// Takes over a connected socket.
    ///
    /// `onEvent` is called on the loop and must not block.
    static func open(
        _ socket: consuming OwnedDescriptor, on loop: MainLoop,
        onEvent: @escaping @Sendable (_ name: String, QMPMessage.EventData?) -> Void
    ) async throws -> QMPClient {
        let eventLoop = loop.eventLoop
        let promise = eventLoop.makePromise(of: QMPMessage.Greeting.self)
        let handler = try await eventLoop.submit {
            NIOLoopBound(QMPHandler(greeting: promise, onEvent: onEvent), eventLoop: eventLoop)
        }.get()
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: eventLoop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(handler.value)
                    }
                }
                .withConnectedSocket(socket.release()).get()
        } catch {
            promise.fail(error)
            throw error
        }
        return QMPClient(loop, channel, handler, promise.futureResult)
    }

    /// Waits for QEMU's first words and ends the negotiation.
    ///
    /// - Throws: `unavailable` when the other side leaves or speaks something else.
    func negotiate() async throws {
        _ = try await greeting.get()
        try await send(NegotiateCapabilities())
    }

    /// Runs a command.
    ///
    /// - Throws: `deadlineExceeded` when there is no answer in time, `unavailable` when the connection ends,
    ///   `internalError` with QEMU's own words when it refuses.
    @discardableResult
    func execute<Command: QMPCommand>(_ command: Command, deadline: Duration) async throws -> Command.Reply {
        try await loop.withDeadline(deadline, "run QEMU command '\(Command.name)'") {
            try await self.send(command)
        }
    }

    /// Ends the connection; whoever waits gets an error.
    func close() {
        channel.close(promise: nil)
    }

    @discardableResult
    private func send<Command: QMPCommand>(_ command: Command) async throws -> Command.Reply {
        let promise = channel.eventLoop.makePromise(of: ByteBuffer.self)
        let (channel, handler) = (channel, handler)
        let id = try await channel.eventLoop.submit { handler.value.expect(promise) }.get()
        do {
            var request = ByteBuffer(bytes: try JSONEncoder().encode(QMPRequest(id: id, command: command)))
            request.writeInteger(UInt8(ascii: "\n"))
            channel.writeAndFlush(request, promise: nil)
        } catch {
            channel.eventLoop.execute { handler.value.abandon(id) }
            throw RuntimeError(.internalError, "can't write QEMU command '\(Command.name)'", cause: error)
        }
        do {
            let line = try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                channel.eventLoop.execute { handler.value.abandon(id) }
            }
            return try JSONDecoder().decode(
                QMPAnswer<Command.Reply>.self, from: Data(line.readableBytesView)
            ).reply
        } catch let refusal as QMPRefusal {
            throw RuntimeError(
                .internalError, "can't run QEMU command '\(Command.name)': QEMU refused", cause: refusal)
        } catch let error as DecodingError {
            throw RuntimeError(
                .unavailable, "can't run QEMU command '\(Command.name)': its answer has another form",
                cause: error)
        }
    }
}

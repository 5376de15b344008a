import LoopSupport
import NIOCore
import NIOHTTP2
import NIOPosix

/// A gRPC client's connection: HTTP/2 without TLS on a Unix socket, for a few unary calls.
///
/// It has no deadline of its own. A task that is cancelled closes it, and every call ends with the connection.
struct GRPCConnection: Sendable {
    private let channel: any Channel
    private let streams: NIOHTTP2Handler.StreamMultiplexer
    private let end: NIOLoopBound<ConnectionEnd>

    /// Connects.
    ///
    /// - Throws: `IOError` with the errno of connect(2).
    static func open(_ socket: String, on loop: MainLoop) async throws -> GRPCConnection {
        try await ClientBootstrap(group: loop.eventLoop).connect(unixDomainSocketPath: socket) { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                // No server may start a stream: push is off in the first settings already.
                var connection = NIOHTTP2Handler.ConnectionConfiguration()
                connection.initialSettings.append(HTTP2Setting(parameter: .enablePush, value: 0))
                let streams = try pipeline.configureHTTP2Pipeline(
                    mode: .client, connectionConfiguration: connection, streamConfiguration: .init()
                ) { stream in stream.close() }
                let end = ConnectionEnd()
                try pipeline.addHandler(end)
                return GRPCConnection(
                    channel: channel, streams: streams,
                    end: NIOLoopBound(end, eventLoop: channel.eventLoop))
            }
        }
    }

    /// Calls a method.
    ///
    /// - Throws: ``PeerFailure`` when the server does not answer as gRPC has it.
    func call(_ path: String, _ request: [UInt8], maximumLength: Int) async throws -> CallAnswer {
        let answer = channel.eventLoop.makePromise(of: CallAnswer.self)
        let end = end
        channel.closeFuture.whenComplete { _ in answer.fail(end.value.reason) }
        streams.createStreamChannel { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandler(
                    UnaryCall(path: path, request: request, maximumLength: maximumLength, answer: answer))
            }
        }
        .whenFailure { answer.fail(PeerFailure($0)) }
        return try await withTaskCancellationHandler {
            try await answer.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// Closes the connection; calls that wait fail.
    func close() {
        channel.close(promise: nil)
    }
}

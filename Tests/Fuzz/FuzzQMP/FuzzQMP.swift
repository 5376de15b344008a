import FoundationEssentials
import FuzzSupport
import NIOCore
import NIOEmbedded

@testable import QEMU

/// What a monitor that the guest has taken over says: on a connection with a command under way, and as the
/// answer of each command.
///
/// First byte: the size of the pieces that the stream comes in.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzQMP(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzInput(start, count)
    let size = input.byte()
    let pieces = input.pieces(of: size)
    let channel = EmbeddedChannel()
    let record = EventRecord { _ in }
    let greeting = channel.eventLoop.makePromise(of: QMPMessage.Greeting.self)
    let handler = QMPHandler(greeting: greeting) { name, data in record.record(name, data) }
    try? channel.pipeline.syncOperations.addHandler(handler)
    for _ in 0..<3 {
        let promise = channel.eventLoop.makePromise(of: ByteBuffer.self)
        promise.futureResult.whenSuccess(decode)
        _ = handler.expect(promise)
    }
    for piece in pieces { _ = try? channel.writeInbound(ByteBuffer(bytes: piece)) }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    return 0
}

private func decode(_ line: ByteBuffer) {
    let data = Data(line.readableBytesView)
    _ = try? JSONDecoder().decode(QMPAnswer<QMPNothing>.self, from: data)
    _ = try? JSONDecoder().decode(QMPAnswer<QueryStatus.Reply>.self, from: data)
    _ = try? JSONDecoder().decode(QMPAnswer<String>.self, from: data)
}

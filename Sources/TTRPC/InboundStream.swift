import NIOCore
import SwiftProtobuf

final class InboundStream: Sendable {
    func next() async throws -> ByteBuffer? { nil }
    func decode<M: Message>(_ type: M.Type, _ body: ByteBuffer) throws -> M {
        try M(serializedBytes: PayloadBuffer(body))
    }
}

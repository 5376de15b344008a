import NIOCore
import SwiftProtobuf

final class OutboundStream: Sendable {
    func send(_ message: some Message) async throws {}
    func finish() async throws {}
}

import Foundation
import Glibc
import Linux

/// The little of a vhost-user daemon that lets QEMU make its device: it answers questions and does no I/O.
final class VhostUserStub: Sendable {
    private enum Request: UInt32 {
        case getFeatures = 1
        case getVringBase = 11
        case getProtocolFeatures = 15
        case getQueueCount = 17
        case getConfig = 24
    }

    /// Listens at `path` and serves one connection on a thread of its own, until that ends.
    init(at path: String, hasConfiguration: Bool) throws {
        let listener = try UnixListener(binding: path, blocking: true)
        let descriptor = SharedDescriptor(owning: dup(listener.descriptor.raw))
        let thread = Thread {
            let connection = accept(descriptor.raw, nil, nil)
            guard connection >= 0 else { return }
            Self.serve(SharedDescriptor(owning: connection), hasConfiguration)
        }
        thread.start()
    }

    private static func serve(_ connection: SharedDescriptor, _ hasConfiguration: Bool) {
        while let header = receive(12, connection) {
            let number = header.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 0, as: UInt32.self) }
            let size = header.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8, as: UInt32.self) }
            guard size <= 4096, let payload = receive(Int(size), connection) else { return }
            let answer: [UInt8]
            switch Request(rawValue: number) {
            // Bit 30: there are protocol features; bit 32: the modern device.
            case .getFeatures: answer = bytes(1 << 30 | 1 << 32)
            // Bit 9: the configuration space can be read.
            case .getProtocolFeatures: answer = bytes(hasConfiguration ? 1 << 9 : 0)
            case .getQueueCount: answer = bytes(8)
            case .getVringBase, .getConfig: answer = payload
            case nil: continue
            }
            var reply: [UInt8] = []
            for word in [number, 5, UInt32(answer.count)] {
                withUnsafeBytes(of: word) { reply += $0 }
            }
            reply += answer
            guard send(connection.raw, reply, reply.count, CInt(MSG_NOSIGNAL)) == reply.count else { return }
        }
    }

    private static func bytes(_ value: UInt64) -> [UInt8] {
        withUnsafeBytes(of: value) { Array($0) }
    }

    private static func receive(_ count: Int, _ connection: SharedDescriptor) -> [UInt8]? {
        var all: [UInt8] = []
        while all.count < count {
            var part = [UInt8](repeating: 0, count: count - all.count)
            let got = read(connection.raw, &part, part.count)
            guard got > 0 else { return nil }
            all += part.prefix(got)
        }
        return all
    }
}

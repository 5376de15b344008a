import NIOCore
import Testing

@testable import TTRPC

@Suite struct WireReaderTests {
    private func fields(_ bytes: [UInt8]) throws -> [UInt64] {
        var reader = WireReader(ByteBuffer(bytes: bytes))
        var fields: [UInt64] = []
        while let (field, _) = try reader.next() { fields.append(field) }
        return fields
    }

    @Test func fieldsOfEveryWireType() throws {
        let bytes: [UInt8] = [0x08, 1, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1a, 2, 9, 9, 0x25, 1, 2, 3, 4]
        #expect(try fields(bytes) == [1, 2, 3, 4])
    }

    @Test func theLargestNumber() throws {
        var reader = WireReader(ByteBuffer(bytes: [0x08] + [UInt8](repeating: 0xff, count: 9) + [1]))
        guard case .varint(let value)? = try reader.next()?.value else {
            Issue.record("no number")
            return
        }
        #expect(value == UInt64.max)
    }

    @Test(
        arguments: [
            [0x08], [0x08, 0x80], [0x08] + [UInt8](repeating: 0xff, count: 9) + [2],
            [0x08] + [UInt8](repeating: 0x80, count: 10) + [0],
            [0x0a, 1], [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            [0x09, 1, 2, 3, 4, 5, 6, 7],
            [0x0d, 1, 2, 3], [0x0b], [0x0c], [0x0e, 0], [0x0f, 0], [0x00, 1], [0x80],
            [0x80, 0x80, 0x80, 0x80, 0x10, 1],
        ] as [[UInt8]])
    func malformedBytesAreRefused(_ bytes: [UInt8]) {
        #expect(throws: ProtocolViolation.self) { try fields(bytes) }
    }

    @Test func randomBytesNeverTrap() {
        var generator = SeededGenerator(state: 1)
        var accepted = 0
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...40, using: &generator)
            let body = ByteBuffer(
                bytes: (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
            if (try? RequestEnvelope.decode(body, maximumEntries: 4)) != nil { accepted += 1 }
            if (try? ResponseEnvelope.decode(body, maximumEntries: 4)) != nil { accepted += 1 }
        }
        #expect(accepted > 0)
    }
}

/// xorshift64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

import NIOCore
import SwiftProtobuf
import Testing

@testable import TTRPC

@Suite struct RequestEnvelopeTests {
    private func frame(_ envelope: RequestEnvelope, _ message: Text, limit: Int = 4 << 20) throws -> [UInt8] {
        var payload = try PayloadBuffer(encoding: message)
        let frame = try envelope.frame(&payload, streamID: 3, flags: .remoteOpen, limit: limit)
        return Array(frame.readableBytesView)
    }

    @Test func bytesAreThoseOfTheProtocol() throws {
        let envelope = RequestEnvelope(
            service: "a.B", method: "C", timeoutNanoseconds: 300, metadata: ["k": "v"])
        #expect(
            try frame(envelope, Text("hi"))
                == [
                    0, 0, 0, 25, 0, 0, 0, 3, 1, 2,
                    0x0a, 3, 0x61, 0x2e, 0x42, 0x12, 1, 0x43, 0x1a, 4, 0x0a, 2, 0x68, 0x69,
                    0x20, 0xac, 2, 0x2a, 6, 0x0a, 1, 0x6b, 0x12, 1, 0x76,
                ])
    }

    @Test func defaultsAreLeftOut() throws {
        let envelope = RequestEnvelope(service: "a", method: "b")
        #expect(try frame(envelope, Text()) == [0, 0, 0, 6, 0, 0, 0, 3, 1, 2, 0x0a, 1, 0x61, 0x12, 1, 0x62])
    }

    @Test(arguments: [0, 1, 40, 100, 127, 128, 129, 300, 20_000]) func namesOfAnyLength(_ length: Int) throws
    {
        let envelope = RequestEnvelope(
            service: String(repeating: "s", count: length), method: "M", timeoutNanoseconds: .max,
            metadata: ["key": String(repeating: "v", count: length), "": "", "k": ""])
        let message = Text(String(repeating: "x", count: 500))
        let body = Wire.request(
            envelope.service, "M", payload: message.wire, timeout: UInt64(Int64.max),
            metadata: [])
        let bytes = try frame(envelope, message)
        // An empty service is left out.
        let prefix = length == 0 ? Array(body[2...]) : body
        #expect(Array(bytes[10..<10 + prefix.count]) == prefix)
        let (decoded, payload) = try RequestEnvelope.decode(
            ByteBuffer(bytes: bytes[10...]), maximumEntries: 3)
        #expect(decoded == envelope)
        #expect(payload.map { Array($0.readableBytesView) } == message.wire)
    }

    @Test func aFrameLongerThanTheLimitIsRefused() throws {
        let envelope = RequestEnvelope(service: "a", method: "b")
        #expect(try frame(envelope, Text("hi"), limit: 12).count == 22)
        let error = #expect(throws: TTRPCError.self) { try frame(envelope, Text("hi"), limit: 11) }
        #expect(error?.code == .resourceExhausted)
    }

    @Test func fieldsOutOfOrderAndUnknownOnesAreTaken() throws {
        let body =
            Wire.number(9, 7) + Wire.bytes(3, [1]) + Wire.string(2, "M") + Wire.string(1, "S")
            + Wire.bytes(3, [2])
        let (envelope, payload) = try RequestEnvelope.decode(ByteBuffer(bytes: body), maximumEntries: 0)
        #expect(envelope == RequestEnvelope(service: "S", method: "M"))
        #expect(payload == ByteBuffer(bytes: [2]))
    }

    @Test(arguments: [
        Wire.bytes(1, [0xff]), Wire.number(1, 1), Wire.number(3, 1), Wire.bytes(4, []), Wire.bytes(5, [0xff]),
        Wire.bytes(5, Wire.bytes(1, [0xc0, 0x80])), Wire.bytes(5, []) + Wire.bytes(5, []),
    ])
    func malformedEnvelopesAreRefused(_ body: [UInt8]) {
        #expect(throws: ProtocolViolation.self) {
            try RequestEnvelope.decode(ByteBuffer(bytes: body), maximumEntries: 1)
        }
    }
}

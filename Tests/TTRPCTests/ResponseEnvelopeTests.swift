import NIOCore
import SwiftProtobuf
import Testing

@testable import TTRPC

@Suite struct ResponseEnvelopeTests {
    private func roundTrip(_ error: TTRPCError, limit: Int = 4 << 20) throws -> TTRPCError? {
        let frame = ResponseEnvelope.frame(error, streamID: 1, limit: limit)
        #expect(frame.readableBytes <= limit + 10)
        var body = frame
        body.moveReaderIndex(forwardBy: 10)
        guard case .failure(let error) = try ResponseEnvelope.decode(body, maximumEntries: 8) else {
            return nil
        }
        return error
    }

    @Test func bytesOfASuccess() throws {
        var payload = try PayloadBuffer(encoding: Text("hi"))
        let frame = ResponseEnvelope.frame(&payload, streamID: 0x0102_0305, limit: 100)
        #expect(
            Array(frame.readableBytesView) == [0, 0, 0, 6, 1, 2, 3, 5, 2, 0, 0x12, 4, 0x0a, 2, 0x68, 0x69])
    }

    @Test func bytesOfAnEmptySuccess() throws {
        var payload = try PayloadBuffer(encoding: Nothing())
        let frame = ResponseEnvelope.frame(&payload, streamID: 1, limit: 100)
        #expect(Array(frame.readableBytesView) == [0, 0, 0, 0, 0, 0, 0, 1, 2, 0])
    }

    @Test func bytesOfAnError() {
        let frame = ResponseEnvelope.frame(TTRPCError(.notFound, "no"), streamID: 1, limit: 100)
        #expect(
            Array(frame.readableBytesView)
                == [0, 0, 0, 8, 0, 0, 0, 1, 2, 0, 0x0a, 6, 0x08, 5, 0x12, 2, 0x6e, 0x6f])
    }

    @Test(arguments: Array(-1...17) + [Int32.min, Int32.max]) func everyCodeSurvives(_ number: Int32) throws {
        let error = TTRPCError(TTRPCError.Code(rawValue: number), "why")
        #expect(try roundTrip(error) == (number == 0 ? TTRPCError(.unknown, "why") : error))
    }

    @Test func detailsSurvive() throws {
        let details = try [Text("a"), Text()].map { try Google_Protobuf_Any(message: $0) }
        let error = TTRPCError(.internal, "", details: details)
        let copy = try roundTrip(error)
        #expect(copy?.code == .internal)
        #expect(copy?.message == "")
        #expect(try copy?.details.map { try Text(unpackingAny: $0) } == [Text("a"), Text()])
        #expect(copy?.details.map(\.typeURL) == details.map(\.typeURL))
    }

    @Test(arguments: [60, 1000, 4096]) func anErrorThatIsTooLongIsCut(_ limit: Int) throws {
        let details = [try Google_Protobuf_Any(message: Text(String(repeating: "d", count: 5000)))]
        let message = String(repeating: "é", count: 5000)
        let error = try roundTrip(TTRPCError(.aborted, message, details: details), limit: limit)
        #expect(error?.code == .aborted)
        #expect(error?.details.isEmpty == true)
        #expect(error?.message.isEmpty == false)
    }

    @Test func aResponseThatIsTooLongBecomesAnError() throws {
        var payload = try PayloadBuffer(encoding: Text(String(repeating: "x", count: 500)))
        var frame = ResponseEnvelope.frame(&payload, streamID: 1, limit: 400)
        frame.moveReaderIndex(forwardBy: 10)
        guard case .failure(let error) = try ResponseEnvelope.decode(frame, maximumEntries: 8) else {
            Issue.record("no error")
            return
        }
        #expect(error.code == .resourceExhausted)
    }

    @Test func aStatusOfZeroIsASuccess() throws {
        let body = Wire.status(0, "fine") + Wire.bytes(2, [1])
        let result = try ResponseEnvelope.decode(ByteBuffer(bytes: body), maximumEntries: 8)
        #expect(result == .success(ByteBuffer(bytes: [1])))
    }

    @Test(arguments: [
        Wire.number(1, 1), Wire.number(2, 1), Wire.bytes(1, Wire.bytes(1, [])),
        Wire.bytes(1, Wire.bytes(2, [0x80])),
        Wire.bytes(1, Wire.bytes(3, [0x0a])), Wire.bytes(1, Wire.bytes(3, []) + Wire.bytes(3, [])),
    ])
    func malformedEnvelopesAreRefused(_ body: [UInt8]) {
        #expect(throws: ProtocolViolation.self) {
            try ResponseEnvelope.decode(ByteBuffer(bytes: body), maximumEntries: 1)
        }
    }
}

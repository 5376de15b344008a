import NIOCore
import Testing

@testable import TTRPC

@Suite struct FrameDecoderTests {
    private let two =
        RawFrame(stream: 1, type: 1, flags: 2, body: [1, 2, 3]).bytes
        + RawFrame(stream: 0xfffe_fdfd, type: 3, flags: 5, body: []).bytes

    private func drain(_ decoder: inout FrameDecoder) throws -> [Frame] {
        var frames: [Frame] = []
        while let frame = try decoder.next() { frames.append(frame) }
        return frames
    }

    private let expected = [
        Frame(streamID: 1, kind: .request, flags: .remoteOpen, body: ByteBuffer(bytes: [1, 2, 3])),
        Frame(streamID: 0xfffe_fdfd, kind: .data, flags: [.remoteClosed, .noData], body: ByteBuffer()),
    ]

    @Test func framesInOneChunk() throws {
        var decoder = FrameDecoder(maximumLength: 100)
        decoder.append(ByteBuffer(bytes: two))
        #expect(try drain(&decoder) == expected)
        #expect(decoder.bufferedBytes == 0)
    }

    @Test(arguments: 0...23) func framesCutAnywhere(_ cut: Int) throws {
        var decoder = FrameDecoder(maximumLength: 100)
        decoder.append(ByteBuffer(bytes: two[..<cut]))
        var frames = try drain(&decoder)
        decoder.append(ByteBuffer(bytes: two[cut...]))
        frames += try drain(&decoder)
        #expect(frames == expected)
    }

    @Test func framesByteByByte() throws {
        var decoder = FrameDecoder(maximumLength: 100)
        var frames: [Frame] = []
        for byte in two + two {
            decoder.append(ByteBuffer(bytes: [byte]))
            frames += try drain(&decoder)
        }
        #expect(frames == expected + expected)
    }

    @Test func aBodyStaysIntactWhenMoreIsRead() throws {
        var decoder = FrameDecoder(maximumLength: 100)
        decoder.append(ByteBuffer(bytes: two + [0, 0]))
        let frames = try drain(&decoder)
        decoder.append(ByteBuffer(bytes: [0, 1, 0, 0, 0, 3, 2, 0, 9]))
        #expect(try drain(&decoder).map(\.body) == [ByteBuffer(bytes: [9])])
        #expect(frames == expected)
    }

    @Test func theLongestFrameIsTaken() throws {
        var decoder = FrameDecoder(maximumLength: TTRPCLimits.protocolMaximumFrameLength)
        let body = [UInt8](repeating: 7, count: 4_194_304)
        let bytes = RawFrame(stream: 1, type: 2, body: body).bytes
        for start in stride(from: 0, to: bytes.count, by: 60_000) {
            decoder.append(ByteBuffer(bytes: bytes[start..<min(start + 60_000, bytes.count)]))
        }
        #expect(try decoder.next()?.body == ByteBuffer(bytes: body))
        #expect(decoder.bufferedBytes == 0)
    }

    @Test(arguments: [4_194_305, 1 << 24, UInt32.max]) func aLongerOneIsRefusedByItsHeader(
        _ length: UInt32
    ) throws {
        var decoder = FrameDecoder(maximumLength: TTRPCLimits.protocolMaximumFrameLength)
        decoder.append(ByteBuffer(bytes: RawFrame(stream: 5, type: 1, announcedLength: length).bytes))
        let violation = #expect(throws: ProtocolViolation.self) { try decoder.next() }
        #expect(violation?.oversizedStream == 5)
    }

    @Test func aHeaderIsJudgedBeforeItsBodyComes() {
        for header in [
            RawFrame(stream: 0, type: 1, announcedLength: 9),
            RawFrame(stream: 1, type: 0, announcedLength: 9),
            RawFrame(stream: 1, type: 4, announcedLength: 9),
            RawFrame(stream: 1, type: 255, announcedLength: 9),
        ] {
            var decoder = FrameDecoder(maximumLength: 100)
            decoder.append(ByteBuffer(bytes: header.bytes))
            #expect(throws: ProtocolViolation.self) { try decoder.next() }
        }
    }
}

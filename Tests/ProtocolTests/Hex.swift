import SwiftProtobuf
import Testing

/// Bytes as hexadecimal digits; spaces only group them for the reader.
func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}

/// The digits of `text` without spaces and line breaks.
func packed(_ text: String) -> String {
    String(text.filter { !$0.isWhitespace })
}

/// The bytes `text` writes in hexadecimal; spaces and line breaks don't count.
func bytes(_ text: String) throws -> [UInt8] {
    let digits = try packed(text).map { character in
        guard let value = character.hexDigitValue else { throw NotHexadecimal(character: character) }
        return UInt8(value)
    }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

struct NotHexadecimal: Error { var character: Character }

/// Expects that `message` is written as `text` says and that those bytes are read as `message`.
func expectCoding<M: Message & Equatable>(
    _ message: M, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let written: [UInt8] = try message.serializedBytes()
    #expect(hex(written) == packed(text), sourceLocation: sourceLocation)
    #expect(try M(serializedBytes: bytes(text)) == message, sourceLocation: sourceLocation)
}

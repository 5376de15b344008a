import Testing

@testable import LoopSupport

@Suite struct BoundedTextTests {
    @Test func shortTextIsWhole() {
        var text = BoundedText(head: 4, tail: 4)
        text.append(Array("abc".utf8))
        text.append(Array("defgh".utf8))
        #expect(text.text == "abcdefgh")
    }

    @Test(arguments: [1, 3, 7, 1000]) func longTextKeepsBothEnds(_ piece: Int) {
        var text = BoundedText(head: 4, tail: 4)
        let bytes = Array("head".utf8) + Array(repeating: UInt8(ascii: "."), count: 500) + Array("tail".utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            text.append(bytes[start..<min(start + piece, bytes.count)])
        }
        #expect(text.text == "head\n… 500 bytes left out …\ntail")
    }

    @Test func bytesThatAreNoTextAreReplaced() {
        var text = BoundedText(head: 8, tail: 8)
        text.append([0x61, 0xff, 0x62])
        #expect(text.text == "a\u{fffd}b")
    }
}

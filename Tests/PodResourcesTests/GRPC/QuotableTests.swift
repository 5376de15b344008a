import Testing

@testable import PodResources

@Suite struct QuotableTests {
    @Test func controlCharactersAndLengthAreTamed() {
        #expect(quotable(Array("a\u{1b}[31m\r\n\u{85}é".utf8)) == "a [31m   é")
        #expect(quotable(Array("abcdef".utf8), limit: 3) == "abc…")
        #expect(quotable(Array("abc".utf8), limit: 3) == "abc")
        #expect(quotable([0xff, 0x41]) == "\u{fffd}A")
    }
}

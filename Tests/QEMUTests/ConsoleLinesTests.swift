import Hypervisor
import Testing

@testable import QEMU

@Suite struct ConsoleLinesTests {
    private func lines(_ bytes: [UInt8], piece: Int) -> [ConsoleLine] {
        var splitter = ConsoleLines()
        var lines: [ConsoleLine] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes {
                splitter.append($0) { lines.append($0) }
            }
        }
        splitter.finish { lines.append($0) }
        return lines
    }

    @Test(arguments: [1, 3, 4096]) func linesDoNotDependOnThePieces(_ piece: Int) {
        let text = "one\r\n\n\r\ntwo\rhalf\nthree"
        #expect(
            lines(Array(text.utf8), piece: piece)
                == ["one", "two\rhalf", "three"].map { ConsoleLine(text: $0) }
        )
    }

    @Test(arguments: [1, 1000, 16384]) func aLineWithoutAnEndIsCutAndCounted(_ piece: Int) {
        let size = 4 << 20
        let found = lines(
            Array(repeating: UInt8(ascii: "x"), count: piece == 1 ? 5000 : size) + Array("\nnext\n".utf8),
            piece: piece)
        #expect(found.count == 2)
        #expect(found.first?.text == String(repeating: "x", count: ConsoleLine.longest))
        #expect(found.first?.bytesLeftOut == (piece == 1 ? 5000 : size) - ConsoleLine.longest)
        #expect(found.last == ConsoleLine(text: "next"))
    }

    @Test func bytesThatAreNoTextAreReplaced() {
        let found = lines([0xff, 0x00, 0x1b, 0x0a, 0xc3, 0x0a], piece: 2)
        #expect(found == ["\u{fffd}\u{0}\u{1b}", "\u{fffd}"].map { ConsoleLine(text: $0) })
    }
}

import Foundation
import RuntimeErrors
import Testing

@testable import QEMU

@Suite struct ConsoleLogTests {
    private func write(_ text: String, to log: ConsoleLog, piece: Int) {
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { log.append($0) }
        }
    }

    @Test(arguments: [1, 100, 5000, 100_000]) func aLongConsoleKeepsBothEnds(_ piece: Int) throws {
        let folder = try TestFolder()
        let path = folder.path + "/console.log"
        let log = try ConsoleLog(path: path, maximumBytes: 4096)
        let text = (0..<5000).map { "line \($0)\n" }.joined()
        write(text, to: log, piece: piece)
        let live = String(decoding: log.tail(100), as: UTF8.self)
        #expect(live == String(text.suffix(100)))
        #expect(log.tail(1 << 30).count <= 4096)
        log.finish()
        let onDisk = try String(contentsOfFile: path, encoding: .utf8)
        #expect(onDisk.utf8.count <= 4096)
        #expect(onDisk.hasPrefix("line 0\nline 1\n"))
        #expect(onDisk.hasSuffix("line 4998\nline 4999\n"))
        #expect(onDisk.contains("bytes left out"))
        #expect(log.tail(100) == Array(text.utf8.suffix(100)))
        #expect(log.tail(100_000).count < 4096)
    }

    @Test(arguments: [0, 10, 2048, 2049, 4032]) func aShortConsoleIsWhole(_ length: Int) throws {
        let folder = try TestFolder()
        let path = folder.path + "/console.log"
        let log = try ConsoleLog(path: path, maximumBytes: 4096)
        let text = String((0..<length).map { Character(String($0 % 10)) })
        write(text, to: log, piece: 1000)
        #expect(String(decoding: log.tail(8192), as: UTF8.self) == text)
        log.finish()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
        #expect(log.tail(-1).isEmpty)
    }

    @Test func theFileIsPrivateAndNoLinkIsFollowed() throws {
        let folder = try TestFolder()
        let path = folder.path + "/console.log"
        _ = try ConsoleLog(path: path, maximumBytes: 4096)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let link = folder.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        #expect(throws: RuntimeError.self) { try ConsoleLog(path: link, maximumBytes: 4096) }
    }
}

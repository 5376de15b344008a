import Glibc
import LoopSupport
import NIOCore
import NIOPosix
import Testing

@Suite struct PipeTests {
    private let loop = MainLoop(MultiThreadedEventLoopGroup.singleton.next())

    /// A FIFO's path in a new folder.
    private func makeFIFO() throws -> String {
        var template = Array("/tmp/swiftlet-pipe-XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        let path = "\(folder)/fifo"
        #expect(mkfifo(path, 0o600) == 0)
        return path
    }

    @Test func aFIFOWithoutAWriterIsSilentAndEndsAfterTheLastOne() async throws {
        let path = try makeFIFO()
        defer { unlink(path) }
        let loop = loop
        let text = try await loop.task {
            let reader = try await PipeReader.open(
                open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), maximumPiece: 4, on: loop)
            let first = loop.task { try await reader.next() }
            try await loop.sleep(for: .milliseconds(50))
            let writer = open(path, O_WRONLY | O_CLOEXEC)
            _ = write(writer, "hello world", 11)
            close(writer)
            var text = try await first.value.map { String(buffer: $0) } ?? "<ended early>"
            while let piece = try await reader.next() { text += String(buffer: piece) }
            reader.close()
            return text
        }.value
        #expect(text == "hello world")
    }

    @Test func aWriteWaitsForItsReaderAndLosesNothing() async throws {
        let path = try makeFIFO()
        defer { unlink(path) }
        let loop = loop
        let received = try await loop.task {
            let descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
            let writer = try await PipeWriter.open(descriptor, on: loop)
            let bytes = ByteBuffer(repeating: 7, count: 300_000)
            let writing = loop.task { try await writer.write(bytes) }
            let reader = try await PipeReader.open(
                open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), maximumPiece: 32768, on: loop)
            var count = 0
            while count < 300_000, let piece = try await reader.next() { count += piece.readableBytes }
            try await writing.value
            writer.close()
            reader.close()
            return count
        }.value
        #expect(received == 300_000)
    }

    @Test func closingEndsAWaitingRead() async throws {
        let path = try makeFIFO()
        defer { unlink(path) }
        let loop = loop
        let piece = try await loop.task {
            let reader = try await PipeReader.open(
                open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), maximumPiece: 4, on: loop)
            let reading = loop.task { try await reader.next() }
            try await loop.sleep(for: .milliseconds(20))
            reader.close()
            return try await reading.value
        }.value
        #expect(piece == nil)
    }
}

import Glibc
import Linux
import Testing

struct DescriptorTests {
    @Test func closesWithItsOwner() throws {
        let raw: CInt
        do {
            let file = try openDescriptor("/dev/null", flags: O_RDONLY)
            raw = fcntl(file.raw, F_DUPFD_CLOEXEC, 500)
            let shared = SharedDescriptor(owning: raw)
            let copy = try shared.duplicated()
            #expect(copy.raw != raw && fcntl(copy.raw, F_GETFD) == FD_CLOEXEC)
            #expect(fcntl(raw, F_GETFD) == FD_CLOEXEC)
        }
        #expect(fcntl(raw, F_GETFD) == -1)
    }

    @Test func sealsAMemoryFile() throws {
        let file = try sealedMemoryFile("test", contents: [UInt8]("text".utf8))
        #expect(try readAll(file.raw, limit: 10) == [UInt8]("text".utf8))
        #expect(throws: Errno.EPERM) { try writeAll([1], to: file.raw) }
        #expect(ftruncate(file.raw, 0) == -1)
    }

    @Test func boundsWhatItReads() throws {
        let folder = try TemporaryFolder()
        let file = try openDescriptor(try folder.file("f", "12345"), flags: O_RDONLY)
        #expect(throws: Errno(rawValue: EMSGSIZE)) { try readAll(file.raw, limit: 4) }
    }

    @Test func resolvesInsideARoot() throws {
        let folder = try TemporaryFolder()
        symlink("/etc/passwd", "\(folder.path)/link")
        let root = try openDescriptor(folder.path, flags: pathOnly)
        #expect(throws: Errno.ENOENT) {
            _ = try openDescriptor("link", in: root.raw, flags: O_RDONLY, resolution: .inRoot)
        }
        #expect(throws: Errno.ELOOP) {
            _ = try openDescriptor("link", in: root.raw, flags: O_RDONLY, resolution: .noSymlinks)
        }
        #expect(throws: Errno.EXDEV) {
            _ = try openDescriptor("../x", in: root.raw, flags: O_RDONLY, resolution: .beneath)
        }
    }

    @Test func deliversSignalsByDescriptor() throws {
        try blockSignals([SIGUSR2])
        defer { _ = try? unblockSignals([SIGUSR2]) }
        let signals = try signalDescriptor([SIGUSR2])
        pthread_kill(pthread_self(), SIGUSR2)
        var record = [UInt8](repeating: 0, count: 128)
        #expect(read(signals.raw, &record, 128) == 128)
        #expect(record.first == UInt8(SIGUSR2))
    }

    @Test func tellsWhatAFileIs() throws {
        let folder = try TemporaryFolder()
        mkfifo("\(folder.path)/fifo", 0o600)
        #expect(try FileStatus(of: "\(folder.path)/fifo").kind == .fifo)
        #expect(try FileStatus(of: folder.path).kind == .directory)
        let null = try FileStatus(of: "/dev/null")
        #expect(null.kind == .characterDevice)
        #expect(null.represents == DeviceNumber(major: 1, minor: 3))
        #expect(throws: Errno.ENOENT) { try FileStatus(of: "\(folder.path)/none") }
    }
}

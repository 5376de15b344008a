import Linux
import RuntimeErrors
import Testing

struct ErrnoTests {
    @Test func describesInLowerCase() {
        #expect("\(Errno.ENOENT)" == "no such file or directory")
        #expect("\(Errno.EIO)" == "input/output error")
        #expect("\(Errno(rawValue: 9999))".contains("9999"))
    }

    @Test func becomesAnErrorWithTheMatchingCode() {
        let error = RuntimeError(Errno.EACCES, "can't open '/x'")
        #expect(error.code == .permissionDenied)
        #expect("\(error)" == "can't open '/x': permission denied")
    }

    @Test func throwsWhatCReturned() throws {
        #expect(try checked(CInt(5)) == 5)
        #expect(throws: Errno.EBADF) { try checked(-Errno.EBADF.rawValue) }
    }
}

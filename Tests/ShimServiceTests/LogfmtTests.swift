import Logging
import Testing

@testable import ShimService

@Suite struct LogfmtTests {
    @Test func oneLine() {
        let line = Logfmt.line(
            time: "T", level: .notice, message: "two words", metadata: [("id", "a-b"), ("path", "/x y")])
        #expect(line == "time=T level=info msg=\"two words\" id=a-b path=\"/x y\"\n")
    }

    @Test func guestDataCantForgeALine() {
        #expect(Logfmt.quoted("a\nlevel=fatal") == #""a\nlevel=fatal""#)
        #expect(Logfmt.quoted("\u{1b}[2J") == #""\u{1b}[2J""#)
        #expect(Logfmt.quoted("say \"hi\" \\") == #""say \"hi\" \\""#)
        #expect(Logfmt.quoted("") == "\"\"")
        #expect(Logfmt.quoted("\u{9b}x") == #""\u{9b}x""#)
    }
}

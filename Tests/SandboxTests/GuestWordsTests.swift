import Logging
import Testing

@testable import Sandbox

@Suite struct GuestWordsTests {
    @Test(arguments: [
        ("swiftlet-agent: ready", GuestWords(.agent, .info, "ready")),
        ("swiftlet-agent: warning: x: y", GuestWords(.agent, .warning, "x: y")),
        ("swiftlet-agent: error: ", GuestWords(.agent, .error, "")),
        ("swiftlet-agent: debug: call", GuestWords(.agent, .debug, "call")),
        ("swiftlet-agent: fatal: no such level", GuestWords(.agent, .info, "fatal: no such level")),
        ("[    1.234567] Kernel panic", GuestWords(.kernel, .error, "Kernel panic")),
        ("[12345.678901]  two", GuestWords(.kernel, .error, "two")),
        ("[    1.234567]", GuestWords(.kernel, .error, "")),
        ("[1.2.3] x", GuestWords(.guest, .info, "[1.2.3] x")),
        ("[.] x", GuestWords(.guest, .info, "[.] x")),
        ("[", GuestWords(.guest, .info, "[")),
        (" swiftlet-agent: x", GuestWords(.guest, .info, " swiftlet-agent: x")),
        ("\u{1b}[31m\u{0}", GuestWords(.guest, .info, "\u{1b}[31m\u{0}")),
    ])
    func aLineSaysWhoAndHowGrave(_ line: String, _ words: GuestWords) {
        #expect(GuestWords(line, kernelLevel: .error) == words)
    }
}

import OCI
import RuntimeErrors
import Testing

@Suite struct IdentifierTests {
    @Test(arguments: [
        "a", "0", "a.b-c_d", "A9", String(repeating: "x", count: 76), "a..b",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ])
    func good(text: String) throws {
        #expect(try ContainerID(parsing: text).rawValue == text)
        #expect(try ExecID(parsing: text).description == text)
        #expect(try SandboxID(parsing: text).asContainer.asSandbox.rawValue == text)
    }

    @Test(arguments: [
        "", ".", "..", "-a", "_a", ".a", "../x", "a/b", "a b", "a\0b", "a\n", "é", "ａ",
        String(repeating: "x", count: 77), String(repeating: "x", count: 300),
    ])
    func bad(text: String) {
        #expect(throws: RuntimeError.self) { _ = try ContainerID(parsing: text) }
        #expect(throws: RuntimeError.self) { _ = try SandboxID(parsing: text) }
        #expect(throws: RuntimeError.self) { _ = try ExecID(parsing: text) }
    }

    @Test func theMessageQuotesAndCuts() {
        #expect(
            message { _ = try ContainerID(parsing: "../x") }
                == "can't use '../x' as a container id: an id is 1 to 76 letters, digits, '_', '.' or '-', a "
                + "letter or digit first; give another one")
        let long = message { _ = try ExecID(parsing: String(repeating: "x", count: 100_000)) }
        #expect(long.utf8.count < 250)
        #expect(message { _ = try ExecID(parsing: "a\nb'") }.contains(#"'a\u{a}b\'' as an exec id"#))
    }
}

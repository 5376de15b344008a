@testable import Configuration
import Testing

@Suite struct TOMLParserTests {
    private func parse(_ text: String) throws -> RawValue {
        try TOMLParser.parse(text).rawValue
    }

    private func value(_ text: String) throws -> RawValue? {
        guard case .table(let members) = try parse("x = \(text)\n") else { return nil }
        return members["x"]
    }

    @Test(arguments: [
        ("0", 0), ("+0", 0), ("-17", -17), ("1_000", 1000), ("0xDEAD_beef", 0xDEAD_BEEF), ("0o755", 0o755),
        ("0b1101", 13), ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
    ])
    func integers(text: String, number: Int64) throws {
        #expect(try value(text) == .integer(number))
    }

    @Test(arguments: [
        ("1.0", 1.0), ("-0.5", -0.5), ("5e+22", 5e22), ("1e06", 1e6), ("-2E-2", -2e-2),
        ("6.626e-34", 6.626e-34),
        ("224_617.445_991", 224_617.445_991), ("inf", Double.infinity), ("-inf", -Double.infinity),
    ])
    func numbers(text: String, number: Double) throws {
        #expect(try value(text) == .number(number))
    }

    @Test(arguments: [
        "1979-05-27T07:32:00Z", "1979-05-27T00:32:00.999999-07:00", "1979-05-27 07:32:00", "1979-05-27",
        "07:32:00",
    ])
    func datesHaveNoValue(text: String) throws {
        #expect(try value(text) == .other)
    }

    @Test(arguments: [
        "01", "-01", "1__0", "_1", "1_", "0x", "+0x1", "0b2", "1.", ".5", "1.e1", "e5", "9223372036854775808",
        "True",
        "1 2", "--1", "1e", "0xg", "yes", "1,2", "\"a\" \"b\"", "'a", "\"\\x41\"", "\"\\uD800\"",
        "\"\\u00+1\"", "[1",
        "[1 2]", "{a = 1,}", "{a = 1\n}", "{a = 1, a = 2}", "[,]", "\"\"\"a", "'''a''", "\"a\\", "\"\\u", "",
    ])
    func whatIsNoValue(text: String) {
        #expect(throws: TOMLSyntaxError.self) { _ = try self.value(text) }
    }

    @Test(arguments: [
        (#""a\tb\n\"\\\u00e9\U0001F600""#, "a\tb\n\"\\é😀"), (#"'C:\a "b"'"#, #"C:\a "b""#), ("\"\"", ""),
        ("''", ""),
        ("\"\"\"\na\r\nb\"\"\"", "a\nb"), ("\"\"\"a \\\n\n   b\"\"\"", "a b"), ("\"\"\"a\\\\\"\"\"", "a\\"),
        ("\"\"\"\"a\"\"\"\"\"", "\"a\"\""), ("'''\na\\'b'''", "a\\'b"), ("'''''a'''''", "''a''"),
        ("\"#\"", "#"),
    ])
    func strings(text: String, content: String) throws {
        #expect(try value(text) == .text(content))
    }

    @Test func listsAndInlineTables() throws {
        #expect(try value("[]") == .list([]))
        #expect(
            try value("[ # comment\n 1, \"a\" ,\n [true], # ]\n]\n")
                == .list([.integer(1), .text("a"), .list([.flag(true)])]))
        #expect(
            try value("{ a.b = 1, \"c d\" = {} }")
                == .table(["a": .table(["b": .integer(1)]), "c d": .table([:])]))
    }

    @Test func tables() throws {
        let text = """
            top.a = 1
            top.b = 2\r
            [x.y.z] # deep first
            k = 1
            [x]
            k = 2
            [top.sub]
            "quoted key" = 3
            [[list]]
            n = 1
            [[list]]
            n = 2
            [list.inner]
            m = 3
            """
        #expect(
            try parse(text)
                == .table([
                    "top": .table([
                        "a": .integer(1), "b": .integer(2), "sub": .table(["quoted key": .integer(3)]),
                    ]),
                    "x": .table(["k": .integer(2), "y": .table(["z": .table(["k": .integer(1)])])]),
                    "list": .list([
                        .table(["n": .integer(1)]),
                        .table(["n": .integer(2), "inner": .table(["m": .integer(3)])]),
                    ]),
                ]))
    }

    @Test(arguments: [
        "a = 1\na = 2", "a = 1\na.b = 2", "a.b = 1\na = 2", "[a]\n[a]", "[a]\nb.c = 1\n[a.b]", "a = {}\n[a]",
        "a = {}\n[a.b]", "a = []\n[[a]]", "[[a]]\n[a]", "[a]\n[[a]]", "[a.b]\n[a]\nb.c = 1", "a = 1\n[a.b]",
        "[a]\nb = 1\n[a.b]", "= 1", "[]", "[[]]", "[a", "[[a]", "a", "a =", "a = 1 b = 2", "[a]b", "a b = 1",
        "\"a\nb\" = 1", "a = 1 # \u{1}", "a = \"\u{7F}\"", "\u{FEFF}a = 1", "a = 1\rb = 2",
    ])
    func whatIsNoText(text: String) {
        #expect(throws: TOMLSyntaxError.self) { _ = try self.parse(text) }
    }

    @Test func linesOfKeysAndSections() throws {
        let root = try TOMLParser.parse("[a.b]\nx = [\n]\n\ny.z = 1\n[a]\nc = {d = 1}\n")
        #expect(root.line(of: ["a", "b"]) == 1)
        #expect(root.line(of: ["a", "b", "x"]) == 2)
        #expect(root.line(of: ["a", "b", "y", "z"]) == 5)
        #expect(root.line(of: ["a"]) == 6)
        #expect(root.line(of: ["a", "c", "d"]) == 7)
        #expect(root.line(of: ["a", "q"]) == nil)
    }
}

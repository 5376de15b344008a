import Foundation
import OCI
import RuntimeErrors
import Testing

/// The message of the error that `body` throws.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch let error as RuntimeError {
        return error.code == .invalidArgument ? error.message : "\(error.code): \(error.message)"
    } catch {
        return "foreign error: \(error)"
    }
}

@Suite struct DocumentTests {
    private func refusal(_ text: String, _ limits: DocumentLimits = DocumentLimits()) -> String {
        var document = SpecFixture.document(text)
        document.limits = limits
        return message { _ = try document.spec() }
    }

    private func expect(_ text: String, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let expected =
            "can't read 'config.json': \(reason); give a document of the OCI runtime specification"
        #expect(refusal(text) == expected, sourceLocation: sourceLocation)
    }

    @Test(arguments: [
        ("", "it is not JSON"), ("{", "it is not JSON"), ("{} x", "it is not JSON"),
        ("[]", "is not an object"), ("nul", "it is not JSON"),
        (#"{"process":{"oomScoreAdj":NaN}}"#, "it is not JSON"),
        (#"{"ociVersion":'1.0'}"#, "it is not JSON"), (#"{"ociVersion":"1","#, "it is not JSON"),
    ])
    func whatIsNoDocument(text: String, reason: String) {
        #expect(refusal(text).hasPrefix("can't read 'config.json': "))
        if reason == "it is not JSON" { expect(text, reason) }
    }

    /// Faults of class O: numbers must fit the width of their field exactly.
    @Test(arguments: [
        ("4294967296", "0"), ("-1", "0"), ("1e99", "0"), ("1.5", "0"), ("99999999999999999999999", "0"),
    ])
    func numbersThatDoNotFit(number: String, other: String) {
        expect(
            #"{"process":{"user":{"uid":\#(number),"gid":\#(other)}}}"#,
            "field 'process.user.uid' is not a whole number from 0 to 4294967295")
    }

    @Test func numbersAsText() {
        expect(
            #"{"process":{"user":{"uid":"0x10","gid":0}}}"#,
            "field 'process.user.uid' is not a whole number from 0 to 4294967295")
        expect(
            #"{"linux":{"resources":{"memory":{"limit":"12"}}}}"#,
            "field 'linux.resources.memory.limit' is not a whole number from -9223372036854775808 to "
                + "9223372036854775807")
        #expect(refusal(#"{"process":{"user":{"uid":0x10,"gid":0}}}"#).contains("it is not JSON"))
    }

    @Test func numbersAtTheEdge() throws {
        let spec = try SpecFixture.spec(
            #"{"process":{"user":{"uid":2147483648,"gid":4294967295},"oomScoreAdj":-1000}}"#)
        #expect(spec.process?.user == User(uid: 2_147_483_648, gid: .max))
        expect(
            #"{"linux":{"resources":{"memory":{"limit":9223372036854775808}}}}"#,
            "field 'linux.resources.memory.limit' is not a whole number from -9223372036854775808 to "
                + "9223372036854775807")
    }

    @Test func wrongKinds() {
        expect(#"{"process":{"args":"sh"}}"#, "field 'process.args' is not a list")
        expect(#"{"process":{"args":["a",1]}}"#, "field 'process.args[1]' is not a string")
        expect(#"{"process":{"terminal":"yes"}}"#, "field 'process.terminal' is not true or false")
        expect(#"{"process":[]}"#, "field 'process' is not an object")
        expect(#"{"annotations":{"a.b/c":1}}"#, "field 'annotations['a.b/c']' is not a string")
        expect(
            #"{"process":{"rlimits":[{"type":"RLIMIT_CORE","hard":1}]}}"#,
            "field 'process.rlimits[0].soft' is missing")
    }

    @Test func doubledNames() {
        expect(#"{"root":{"path":"a","path":"b"}}"#, "field 'root.path' is there twice")
        expect(#"{"root":{"path":"a","\u0070ath":"b"}}"#, "field 'root.path' is there twice")
        expect(
            #"{"mounts":[{"source":"a"},{"source":"b","type":"c","source":"d"}]}"#,
            "field 'mounts[1].source' is there twice")
    }

    @Test func namesInDifferentObjectsAreNotDoubled() throws {
        _ = try SpecFixture.spec(
            #"{"root":{"path":"a"},"linux":{"namespaces":[{"type":"pid","path":"/a"},{"type":"ipc"}]}}"#)
    }

    @Test func nulCharacters() {
        expect(#"{"process":{"args":["a","b\u0000c"]}}"#, "field 'process.args[1]' holds a NUL character")
        expect("{\"process\":{\"cwd\":\"/\0\"}}", "field 'process.cwd' holds a NUL byte")
        // A backslash before the escape makes it text.
        #expect(throws: Never.self) { _ = try SpecFixture.spec(#"{"process":{"args":["b\\u0000c"]}}"#) }
    }

    @Test func controlCharacters() {
        expect("{\"hostname\":\"a\nb\"}", "field 'hostname' holds a control character that is not escaped")
    }

    @Test func utf16IsNotReadBehindTheGuardsBack() throws {
        let data = try #require(#"{"ociVersion":"1.2.0"}"#.data(using: .utf16LittleEndian))
        #expect(
            message { _ = try Document(name: "config.json", bytes: Array(data)).spec() }
                .contains("holds a NUL byte"))
    }

    @Test func depth() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(refusal(#"{"x":"# + deep).contains("is nested more than 64 levels deep"))
        let objects = String(repeating: #"{"a":"#, count: 100_000)
        #expect(refusal(objects).contains("is nested more than 64 levels deep"))
        #expect(refusal(objects).utf8.count < 400)
        // As deep as it may be, and decoded.
        let allowed = String(repeating: "[", count: 63) + String(repeating: "]", count: 63)
        #expect(throws: Never.self) { _ = try SpecFixture.spec(#"{"x":\#(allowed)}"#) }
    }

    @Test func size() {
        let text = #"{"hostname":""# + String(repeating: "a", count: 10_000_000) + #""}"#
        expect(text, "it has 10000015 bytes, more than the 8388608 allowed")
    }

    @Test func width() {
        let many = Array(repeating: #"{"destination":"/a"}"#, count: 100_000).joined(separator: ",")
        expect(
            #"{"mounts":[\#(many)]}"#, "field 'mounts[65536]' is one of more than 65536 in one list or object"
        )
        var limits = DocumentLimits()
        limits.values = 100
        #expect(refusal(#"{"mounts":[\#(many)]}"#, limits).contains("is one of more than 100 values"))
    }

    @Test(.timeLimit(.minutes(1))) func manyNamesCostLinearTime() {
        let names = (0..<60_000).map { #""n\#($0)":"""# }.joined(separator: ",")
        #expect(throws: Never.self) { _ = try SpecFixture.spec(#"{"annotations":{\#(names)}}"#) }
    }

    @Test func everyTruncationIsRefused() throws {
        let bytes = Array(SpecFixture.typical.utf8)
        for length in 0..<bytes.count {
            #expect(throws: RuntimeError.self) {
                _ = try Document(name: "config.json", bytes: Array(bytes.prefix(length))).spec()
            }
        }
    }

    @Test func noMutationTraps() {
        var random = SystemRandomNumberGenerator()
        let bytes = Array(SpecFixture.typical.utf8)
        for _ in 0..<3000 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<mutated.count, using: &random)
                mutated[index] =
                    [0x22, 0x5C, 0x7B, 0x5B, 0x2C, 0x75, 0x30, 0xFF, 0x2D].randomElement(using: &random) ?? 0
            }
            if let spec = try? Document(name: "x", bytes: mutated).spec() {
                var validator = SpecValidator()
                try? validator.check(spec)
            }
        }
    }

    @Test func processesAndResourcesAlone() throws {
        let process = try SpecFixture.document(#"{"args":["ls"],"cwd":"/"}"#).process()
        #expect(process == Process(args: ["ls"]))
        let resources = try SpecFixture.document(#"{"pids":{"limit":7},"cpu":null}"#).resources()
        #expect(resources.pids == PidsLimit(limit: 7))
    }

    @Test func hostileNamesStayOnOneLine() {
        let text = refusal("{\"annotations\":{\"a\\nb\\u001b[2J\":1}}")
        #expect(text.contains(#"field 'annotations['a\u{a}b\u{1b}[2J']' is not a string"#))
    }
}

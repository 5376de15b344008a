import Configuration
import Testing

@Suite struct TOMLDocumentTests {
    private func expect(
        _ text: String, line: Int, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(
            faults(text) == "'1.toml:\(line)': this is not TOML: \(reason); correct it",
            sourceLocation: sourceLocation)
    }

    @Test func syntaxErrorsHaveALine() {
        expect("[hypervisor.qemu]\nkernel = \n", line: 2, "a value is missing")
        expect("[hypervisor.qemu]\nkernel = /k\n", line: 2, "'/k' is no value; strings stand in quotes")
        expect("[hypervisor.qemu]\nkernel \"/k\"\n", line: 2, "'=' is missing")
        expect("[hypervisor.qemu\n", line: 1, "']' is missing")
        expect("[hypervisor.qemu]\nkernel = \"/k\n", line: 2, "there is a control character")
        expect("[hypervisor.qemu] kernel = 1\n", line: 1, "there is more behind the end of a value or header")
        expect("[hypervisor.qemu]\nkernel = \"\"\"\n\n", line: 4, "a string has no end")
        expect("[hypervisor.qemu]\nx = [1, 2\n\ny = 3", line: 4, "']' is missing")
        expect("[hypervisor.]\n", line: 1, "a key is missing")
        expect("é = 1\n", line: 1, "a key is missing")
    }

    @Test func namesThatAreThereTwice() {
        expect("[hypervisor.qemu]\nkernel = \"/a\"\nkernel = \"/b\"\n", line: 3, "'kernel' is there twice")
        expect("[runtime]\n[runtime]\n", line: 2, "'runtime' is there twice")
    }

    /// C strings end at a NUL, so none may get through.
    @Test func nulCharacters() {
        expect("[hypervisor.qemu]\n\0rootless = true\n", line: 2, "a key is missing")
        expect("[hypervisor.qemu]\nkernel = \"/a\0b\"\n", line: 2, "there is a control character")
        let escape = "there is an escape that stands for no character"
        expect("[hypervisor.qemu]\nkernel = \"/a\\u0000b\"\n", line: 2, escape)
        expect("[hypervisor.qemu]\nkernel = \"/a\\U00000000b\"\n", line: 2, escape)
    }

    @Test func largeFiles() {
        let text = "[hypervisor.qemu]\n" + String(repeating: "# comment\n", count: 200_000)
        #expect(faults(text) == "'1.toml': the file has 2000018 bytes; shorten it to at most 1048576")
    }

    @Test func deepKeysAndValues() {
        let dotted = Array(repeating: "a", count: 200_000).joined(separator: ".")
        expect("[\(dotted)]", line: 1, "a key has more than 8 parts")
        expect("\(dotted) = 1", line: 1, "a key has more than 8 parts")
        expect("x = " + String(repeating: "[", count: 100_000), line: 1, "values nest too deep")
        expect("x = " + String(repeating: "{a=", count: 100_000), line: 1, "values nest too deep")
    }

    @Test(.timeLimit(.minutes(1))) func wideTextsCostLinearTime() {
        let keys = (0..<20_000).map { "unknown\($0) = 1\n" }.joined()
        #expect(faults("[hypervisor.qemu]\n" + keys).hasSuffix("; and 19990 more problems"))
        let tables = String(repeating: "[[x]]\n", count: 100_000)
        #expect(faults(tables).contains("there are more than 256 tables of one name"))
    }

    @Test func truncationsAndMutationsNeverTrap() {
        let bytes = Array(ReferenceText.example.utf8)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<400 {
            var mutated = bytes
            for _ in 0..<3 {
                mutated[Int.random(in: 0..<mutated.count, using: &random)] =
                    [0x22, 0x27, 0x5B, 0x5D, 0x3D, 0x2E, 0x0A, 0x5C, 0x7B, 0xFF].randomElement(using: &random)
                    ?? 0
            }
            let length = Int.random(in: 0...mutated.count, using: &random)
            _ = faults(String(decoding: mutated.prefix(length), as: UTF8.self))
        }
    }

    /// Lines are right whatever stands between the keys.
    @Test func linesAfterLongValues() {
        let text = """
            # [runtime]
            hypervisor.qemu.kernel_params = \"""
            kernell = 1\\
              two\"""
            [ agent . "kata" ]   # [x]
            kernel_modules = [
                "a", # "]"
                'b = [',
            ]
            [runtime]
            enable_debug = false
            "vfio_mood" = 'vfio'
            """
        #expect(
            faults(text) == "'1.toml:12': key 'runtime.vfio_mood' is not known; did you mean 'vfio_mode'?")
    }
}

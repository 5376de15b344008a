import RuntimeErrors
import Testing

@testable import Sandbox

@Suite struct StdioTargetTests {
    @Test func forms() throws {
        #expect(try StdioTarget("") == .none)
        #expect(try StdioTarget("/run/f%20?#") == .fifo("/run/f%20?#"))
        #expect(try StdioTarget("fifo:///run/f") == .fifo("/run/f"))
        #expect(try StdioTarget("file:///var/log/x%20y%25?a=b#c") == .file("/var/log/x y%"))
    }

    @Test(
        arguments: [
            ("", [], []),
            ("?", [], []),
            ("?id=1&name=a+b%26", ["id", "1", "name", "a b&"], []),
            ("?flag&empty=&&=value", ["flag", "", "empty", "", "", "value"], []),
            ("?a=1&a=2&b=x=y", ["a", "1", "b", "x=y"], []),
            ("?env.LEVEL=debug&x=1&env.=no&env.CONTAINER_ID=other", ["x", "1"], ["LEVEL=debug"]),
            ("?a=1#fragment", ["a", "1"], []),
        ] as [(String, [String], [String])])
    func programs(_ query: String, _ arguments: [String], _ variables: [String]) throws {
        guard case .program(let program) = try StdioTarget("binary:///usr/bin/log%20it\(query)") else {
            Issue.record("no program")
            return
        }
        #expect(program.path == "/usr/bin/log it")
        #expect(program.arguments == arguments)
        #expect(program.variables == variables)
        #expect(
            program.environment(of: "c1", in: "k8s.io")
                == ["CONTAINER_ID=c1", "CONTAINER_NAMESPACE=k8s.io"] + variables)
    }

    @Test func othersAreRefusedByName() {
        let error = #expect(throws: RuntimeError.self) { try StdioTarget("carrier-pigeon:///x") }
        #expect(error?.code == .unimplemented)
        #expect(error?.message.contains("carrier-pigeon") == true)
    }

    @Test(arguments: [
        "/x\0y", "file:///x%00y", "file:///x%4", "file:///x%zz", "file:///%ff", "binary:///x?a=%",
        "binary:///x?%0=a",
        "file://relative/x", "binary://logger", "fifo://", "binary://?/x",
    ])
    func whatIsBrokenIsRefused(_ uri: String) {
        let error = #expect(throws: RuntimeError.self) { try StdioTarget(uri) }
        #expect(error?.code == .invalidArgument)
    }
}

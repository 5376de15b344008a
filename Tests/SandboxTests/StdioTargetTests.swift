import RuntimeErrors
import Sandbox
import Testing

@Suite struct StdioTargetTests {
    @Test func forms() throws {
        #expect(try StdioTarget("") == .none)
        #expect(try StdioTarget("/run/f") == .fifo("/run/f"))
        #expect(try StdioTarget("fifo:///run/f") == .fifo("/run/f"))
        #expect(try StdioTarget("file:///var/log/x") == .file("/var/log/x"))
    }

    @Test func othersAreRefusedByName() {
        let error = #expect(throws: RuntimeError.self) { try StdioTarget("carrier-pigeon:///x") }
        #expect(error?.code == .unimplemented)
        #expect(error?.message.contains("carrier-pigeon") == true)
        #expect(throws: RuntimeError.self) { try StdioTarget("/x\0y") }
    }
}

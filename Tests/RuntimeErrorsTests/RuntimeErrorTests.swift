import RuntimeErrors
import Testing

@Suite struct RuntimeErrorTests {
    @Test func theCauseIsSaidOnce() {
        let error = RuntimeError(
            .unavailable, "can't open 'x'; check it", cause: RuntimeError(.notFound, "no such file"))
        #expect("\(error)" == "can't open 'x'; check it: no such file")
    }

    @Test func codesAreGRPCs() {
        #expect(RuntimeError.Code.allCases.map(\.rawValue) == Array(1...16))
    }
}

import RuntimeErrors
import TTRPC
import Testing

@testable import ShimService

@Suite struct ErrorMappingTests {
    @Test(arguments: RuntimeError.Code.allCases)
    func everyCodeReachesTheWire(_ code: RuntimeError.Code) {
        let error = TTRPCError(
            mapping: RuntimeError(code, "can't do it", cause: RuntimeError(.unknown, "why")))
        #expect(error.code.rawValue == code.rawValue)
        #expect(error.message == "can't do it: why")
    }

    @Test func cancellation() {
        #expect(TTRPCError(mapping: CancellationError()).code == .cancelled)
    }

    @Test func anythingElseIsUnknown() {
        struct Odd: Error {}
        #expect(TTRPCError(mapping: Odd()).code == .unknown)
    }
}

import PodSecurity
import Testing

@Suite struct ViolationTests {
    @Test func aViolationIsAValue() {
        #expect(Violation(rule: "r", evidence: "e") != Violation(rule: "r", evidence: "f"))
    }
}

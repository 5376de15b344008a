import Testing

@testable import GuestRuntime

@Suite struct PlanCoderTests {
    private func plan() throws -> LaunchPlan {
        var plan = LaunchPlan()
        plan.containerID = "c1"
        plan.process.arguments = ["sh", "-c", "é ∆"]
        plan.process.uid = 4_000_000_000
        plan.process.oomScoreAdjust = -998
        plan.process.capabilities.bounding = 1 << 63
        var limit = LimitPlan()
        (limit.resource, limit.soft, limit.hard) = (7, 1024, .max)
        plan.process.limits = [limit]
        var container = ContainerPlan()
        container.root = "/run/root"
        var mount = MountPlan()
        mount.destination = "/tmp"
        mount.options = try MountOptions(parsing: ["rbind", "ro", "rnosuid", "size=1m"])
        container.mounts = [mount]
        plan.container = container
        var seccomp = SeccompPlan()
        var rule = SeccompRulePlan()
        rule.names = ["mkdir"]
        rule.arguments = [SeccompArgumentPlan()]
        seccomp.rules = [rule]
        plan.seccomp = seccomp
        return plan
    }

    @Test func aPlanComesOutAsItWentIn() throws {
        let bytes = try PlanCoder.encode(try plan())
        let decoded = try PlanCoder.decode(LaunchPlan.self, from: bytes)
        #expect(try PlanCoder.encode(decoded) == bytes)
        #expect(decoded.process.arguments == ["sh", "-c", "é ∆"])
        #expect(decoded.process.uid == 4_000_000_000)
        #expect(decoded.process.oomScoreAdjust == -998)
        #expect(decoded.process.limits.first?.hard == .max)
        #expect(decoded.container?.mounts.first?.options.data == ["size=1m"])
        #expect(decoded.container?.mounts.first?.options.recursiveBind == true)
        #expect(decoded.seccomp?.rules.first?.arguments.count == 1)
    }

    @Test func everyCutIsRefused() throws {
        let bytes = try PlanCoder.encode(try plan())
        for count in 0..<bytes.count {
            #expect(throws: (any Error).self) {
                try PlanCoder.decode(LaunchPlan.self, from: Array(bytes.prefix(count)))
            }
        }
        #expect(throws: (any Error).self) { try PlanCoder.decode(LaunchPlan.self, from: bytes + [0]) }
    }
}

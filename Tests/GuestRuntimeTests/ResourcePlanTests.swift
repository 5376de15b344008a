import Testing

@testable import GuestRuntime

@Suite struct ResourcePlanTests {
    @Test func nothingGivenWritesNothing() {
        #expect(ResourcePlan().files() == [])
    }

    @Test func limitsBecomeFiles() {
        var plan = ResourcePlan()
        plan.memoryLimit = 64 << 20
        plan.memoryAndSwap = 96 << 20
        plan.cpuShares = 1024
        plan.cpuQuota = 50_000
        plan.pids = 12
        plan.cpus = "0-1"
        plan.ioLimits = ["8:0 rbps=1024"]
        #expect(
            plan.files() == [
                ControlFile("memory.swap.max", "\(32 << 20)", optional: true),
                ControlFile("memory.max", "\(64 << 20)"), ControlFile("cpu.weight", "39"),
                ControlFile("cpu.max", "50000 100000"), ControlFile("cpuset.cpus", "0-1"),
                ControlFile("pids.max", "12"), ControlFile("io.max", "8:0 rbps=1024"),
            ])
    }

    @Test(arguments: [(UInt64(0), nil), (1, "1"), (2, "1"), (262144, "10000"), (.max, "10000")])
    func sharesBecomeWeights(_ shares: UInt64, _ weight: String?) {
        var plan = ResourcePlan()
        plan.cpuShares = shares
        #expect(plan.files().first?.value == weight)
    }

    @Test func noLimitIsMax() {
        var plan = ResourcePlan()
        (plan.memoryLimit, plan.pids, plan.cpuQuota) = (-1, -1, -1)
        #expect(plan.files().map(\.value) == ["max", "max 100000", "max"])
    }

    @Test func hostileNumbersDontTrap() {
        var plan = ResourcePlan()
        (plan.memoryLimit, plan.memoryAndSwap, plan.ioWeight) = (.max, .min, .max)
        #expect(plan.files().map(\.value).contains("default 10000"))
        (plan.memoryLimit, plan.memoryAndSwap) = (1, .max)
        #expect(plan.files().first?.value == "\(Int64.max - 1)")
    }
}

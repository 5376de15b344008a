import RuntimeErrors
import Testing

@testable import GuestRuntime

@Suite struct ResourcePlanTests {
    @Test func nothingGivenWritesNothing() throws {
        #expect(try ResourcePlan().files() == [])
    }

    @Test func limitsBecomeFiles() throws {
        var plan = ResourcePlan()
        plan.memoryLimit = 64 << 20
        plan.memoryAndSwap = 96 << 20
        plan.memoryReservation = 1 << 20
        plan.cpuShares = 1024
        plan.cpuQuota = 50_000
        plan.cpuBurst = 1000
        plan.pids = 12
        plan.cpus = "0-1"
        plan.ioWeight = 10
        plan.ioLimits = ["8:0 rbps=1024"]
        var setting = SettingPlan()
        (setting.key, setting.value) = ("memory.high", "1\n2")
        plan.unified = [setting]
        #expect(
            try plan.files() == [
                ControlFile("memory.swap.max", "\(32 << 20)"), ControlFile("memory.low", "\(1 << 20)"),
                ControlFile("memory.max", "\(64 << 20)"), ControlFile("cpu.weight", "100"),
                ControlFile("cpu.max.burst", "0"), ControlFile("cpu.max", "50000 100000"),
                ControlFile("cpu.max.burst", "1000"), ControlFile("cpuset.cpus", "0-1", isAdvice: true),
                ControlFile("pids.max", "12"), ControlFile("io.weight", "default 1", isAdvice: true),
                ControlFile("io.max", "8:0 rbps=1024"), ControlFile("memory.high", "1"),
                ControlFile("memory.high", "2"),
            ])
    }

    /// The ends, the default and some in between, as runc 1.3.2 and later convert them.
    @Test(arguments: [
        (UInt64(0), nil), (1, "1"), (2, "1"), (10, "4"), (512, "59"), (1024, "100"), (4096, "303"),
        (102_400, "4429"), (262_143, "10000"), (262_144, "10000"), (.max, "10000"),
    ])
    func sharesBecomeWeights(_ shares: UInt64, _ weight: String?) throws {
        var plan = ResourcePlan()
        plan.cpuShares = shares
        #expect(try plan.files().first?.value == weight)
    }

    /// Memory, memory and swap together, and what becomes of swap alone.
    @Test(arguments: [
        (Int64?(100), Int64?(100), "0"), (100, 300, "200"), (100, -1, "max"), (-1, nil, "max"),
        (-1, -1, "max"), (nil, -1, "max"), (100, nil, nil), (nil, nil, nil),
    ])
    func swapIsCountedAlone(_ memory: Int64?, _ both: Int64?, _ swap: String?) throws {
        var plan = ResourcePlan()
        (plan.memoryLimit, plan.memoryAndSwap) = (memory, both)
        #expect(try plan.files().first { $0.name == "memory.swap.max" }?.value == swap)
    }

    @Test(arguments: [
        (Int64?(100), "below the limit"), (nil, "no limit of memory"), (-1, "no limit of memory"),
    ])
    func swapThatCannotBeIsRefused(_ memory: Int64?, _ words: String) {
        var plan = ResourcePlan()
        (plan.memoryLimit, plan.memoryAndSwap) = (memory, 50)
        let error = #expect(throws: RuntimeError.self) { try plan.files() }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(words) == true)
    }

    @Test func anIdleGroupHasNoWeight() throws {
        var plan = ResourcePlan()
        (plan.cpuShares, plan.cpuIdle) = (1024, true)
        #expect(try plan.files() == [ControlFile("cpu.idle", "1")])
        plan.cpuIdle = false
        #expect(try plan.files() == [ControlFile("cpu.idle", "0"), ControlFile("cpu.weight", "100")])
    }

    @Test func noLimitIsMax() throws {
        var plan = ResourcePlan()
        (plan.memoryReservation, plan.pids, plan.cpuQuota) = (-1, -1, -1)
        #expect(try plan.files().map(\.value) == ["max", "max 100000", "max"])
    }

    @Test func hostileNumbersDontTrap() throws {
        var plan = ResourcePlan()
        (plan.memoryLimit, plan.memoryAndSwap, plan.ioWeight) = (.max, .min, .max)
        #expect(try plan.files().map(\.value).contains("default 10000"))
        (plan.memoryLimit, plan.memoryAndSwap) = (1, .max)
        #expect(try plan.files().first?.value == "\(Int64.max - 1)")
    }
}

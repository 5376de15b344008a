import AgentProtocol
import GuestRuntime

extension AgentCgroupStats {
    /// What a container's cgroup v2 files say: in the protocol's fields where it has them, and what it lacks under
    /// dotted keys (`memory.events.oom_kill`) in the map of memory statistics.
    init(_ cgroup: ContainerCgroup) {
        self.init()
        let cpu = cgroup.keyedValues("cpu.stat")
        // The kernel counts microseconds; the protocol's unit is the nanosecond.
        cpuStats.cpuUsage.totalUsage = Self.nanoseconds(cpu["usage_usec"])
        cpuStats.cpuUsage.usageInUsermode = Self.nanoseconds(cpu["user_usec"])
        cpuStats.cpuUsage.usageInKernelmode = Self.nanoseconds(cpu["system_usec"])
        cpuStats.throttlingData.periods = cpu["nr_periods"] ?? 0
        cpuStats.throttlingData.throttledPeriods = cpu["nr_throttled"] ?? 0
        cpuStats.throttlingData.throttledTime = Self.nanoseconds(cpu["throttled_usec"])
        pidsStats.current = cgroup.value("pids.current") ?? 0
        // As in cgroup v1, 0 means no limit.
        pidsStats.limit = cgroup.value("pids.max").flatMap { $0 == .max ? nil : $0 } ?? 0
        addMemory(cgroup)
        addDevices(cgroup)
        addHugePages(cgroup)
        for (key, value) in cpu { memoryStats.stats["cpu.stat.\(key)"] = value }
        memoryStats.stats["pids.max"] = cgroup.value("pids.max")
        for file in ["cpu.pressure", "memory.pressure", "io.pressure"] {
            for (key, value) in cgroup.pressure(file) { memoryStats.stats["\(file).\(key)"] = value }
        }
    }

    private mutating func addMemory(_ cgroup: ContainerCgroup) {
        let memory = cgroup.keyedValues("memory.stat")
        let events = cgroup.keyedValues("memory.events")
        memoryStats.cache = memory["file"] ?? 0
        memoryStats.useHierarchy = true
        memoryStats.usage.usage = cgroup.value("memory.current") ?? 0
        memoryStats.usage.limit = cgroup.value("memory.max") ?? .max
        memoryStats.usage.maxUsage = cgroup.value("memory.peak") ?? 0
        memoryStats.usage.failcnt = events["max"] ?? 0
        memoryStats.swapUsage.usage = cgroup.value("memory.swap.current") ?? 0
        memoryStats.swapUsage.limit = cgroup.value("memory.swap.max") ?? .max
        memoryStats.swapUsage.maxUsage = cgroup.value("memory.swap.peak") ?? 0
        memoryStats.kernelUsage.usage = memory["kernel"] ?? 0
        memoryStats.stats = memory
        for (key, value) in events { memoryStats.stats["memory.events.\(key)"] = value }
    }

    private mutating func addDevices(_ cgroup: ContainerCgroup) {
        for use in cgroup.deviceUse {
            let bytes = [("Read", "rbytes"), ("Write", "wbytes"), ("Discard", "dbytes")]
            let calls = [("Read", "rios"), ("Write", "wios"), ("Discard", "dios")]
            blkioStats.ioServiceBytesRecursive += Self.entries(use, bytes)
            blkioStats.ioServicedRecursive += Self.entries(use, calls)
        }
    }

    private mutating func addHugePages(_ cgroup: ContainerCgroup) {
        for size in cgroup.hugePageSizes {
            let file = "hugetlb.\(size)"
            var use = AgentHugetlbStats()
            use.usage = cgroup.value("\(file).current") ?? 0
            use.failcnt = cgroup.keyedValues("\(file).events")["max"] ?? 0
            hugetlbStats[size] = use
            memoryStats.stats["\(file).max"] = cgroup.value("\(file).max")
        }
    }

    private static func entries(
        _ use: ContainerCgroup.DeviceUse, _ names: [(String, String)]
    ) -> [AgentBlkioStatsEntry] {
        names.map { operation, key in
            var entry = AgentBlkioStatsEntry()
            (entry.major, entry.minor, entry.op) = (use.major, use.minor, operation)
            entry.value = use.values[key] ?? 0
            return entry
        }
    }

    private static func nanoseconds(_ microseconds: UInt64?) -> UInt64 {
        let (product, overflow) = (microseconds ?? 0).multipliedReportingOverflow(by: 1000)
        return overflow ? .max : product
    }
}

extension AgentNetworkStats {
    /// One line of /proc/net/dev.
    init(_ use: NetworkUse) {
        self.init()
        name = use.name
        rxBytes = use.received.bytes
        rxPackets = use.received.packets
        rxErrors = use.received.errors
        rxDropped = use.received.dropped
        txBytes = use.sent.bytes
        txPackets = use.sent.packets
        txErrors = use.sent.errors
        txDropped = use.sent.dropped
    }
}

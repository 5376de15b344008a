package import AgentProtocol

extension ContainerStatistics {
    /// More devices or interfaces than this no guest of ours has.
    private static let most = 1024

    /// Reads the agent's answer.
    ///
    /// Our own agent sends the kernel's values under dotted keys in the map of memory statistics; what another
    /// lacks there is taken from the protocol's fields.
    package init(_ message: AgentStatsContainerResponse) {
        let cgroup = message.cgroupStats
        for (key, value) in cgroup.memoryStats.stats {
            values[key.utf8.contains(UInt8(ascii: ".")) ? key : "memory.stat.\(key)"] = value
        }
        addDefaults(cgroup.cpuStats)
        addDefaults(cgroup.memoryStats)
        add("pids.current", cgroup.pidsStats.current)
        // As in cgroup v1, 0 means no limit.
        add("pids.max", cgroup.pidsStats.limit == 0 ? .max : cgroup.pidsStats.limit)
        devices = Self.devices(cgroup.blkioStats)
        hugePages = cgroup.hugetlbStats.sorted { $0.key < $1.key }.prefix(Self.most).map { size, use in
            var pages = HugePageUse()
            pages.size = size
            pages.current = use.usage
            pages.limit = values["hugetlb.\(size).max"] ?? .max
            pages.failures = use.failcnt
            return pages
        }
        networks = message.networkStats.prefix(Self.most).map(NetworkUse.init)
    }

    private mutating func add(_ name: String, _ value: UInt64) {
        if values[name] == nil { values[name] = value }
    }

    private mutating func addDefaults(_ cpu: AgentCpuStats) {
        // The protocol counts nanoseconds, the kernel's file microseconds.
        add("cpu.stat.usage_usec", cpu.cpuUsage.totalUsage / 1000)
        add("cpu.stat.user_usec", cpu.cpuUsage.usageInUsermode / 1000)
        add("cpu.stat.system_usec", cpu.cpuUsage.usageInKernelmode / 1000)
        add("cpu.stat.nr_periods", cpu.throttlingData.periods)
        add("cpu.stat.nr_throttled", cpu.throttlingData.throttledPeriods)
        add("cpu.stat.throttled_usec", cpu.throttlingData.throttledTime / 1000)
    }

    private mutating func addDefaults(_ memory: AgentMemoryStats) {
        add("memory.current", memory.usage.usage)
        add("memory.peak", memory.usage.maxUsage)
        add("memory.max", Self.limit(memory.usage.limit))
        add("memory.swap.current", memory.swapUsage.usage)
        add("memory.swap.peak", memory.swapUsage.maxUsage)
        add("memory.swap.max", Self.limit(memory.swapUsage.limit))
        add("memory.stat.file", memory.cache)
    }

    /// "No limit" was once the largest whole number of pages that a signed number holds.
    private static func limit(_ value: UInt64) -> UInt64 {
        value >= 0x7fff_ffff_ffff_f000 ? .max : value
    }

    private static func devices(_ block: AgentBlkioStats) -> [DeviceUse] {
        var found: [DeviceUse] = []
        var places: [[UInt64]: Int] = [:]
        func add(_ entries: [AgentBlkioStatsEntry], _ keys: [String: WritableKeyPath<DeviceUse, UInt64>]) {
            for entry in entries {
                guard let key = keys[entry.op] else { continue }
                let number = [entry.major, entry.minor]
                if places[number] == nil, found.count < most {
                    places[number] = found.count
                    found.append(DeviceUse())
                    (found[found.count - 1].major, found[found.count - 1].minor) = (entry.major, entry.minor)
                }
                if let place = places[number] { found[place][keyPath: key] = entry.value }
            }
        }
        // Other agents write small letters, and the counts of calls among the bytes.
        add(
            block.ioServiceBytesRecursive,
            [
                "Read": \.readBytes, "Write": \.writtenBytes, "read": \.readBytes, "write": \.writtenBytes,
                "rios": \.reads, "wios": \.writes,
            ])
        add(
            block.ioServicedRecursive,
            ["Read": \.reads, "Write": \.writes, "read": \.reads, "write": \.writes])
        return found
    }
}

extension ContainerStatistics.NetworkUse {
    init(_ message: AgentNetworkStats) {
        name = message.name
        received.bytes = message.rxBytes
        received.packets = message.rxPackets
        received.errors = message.rxErrors
        received.dropped = message.rxDropped
        sent.bytes = message.txBytes
        sent.packets = message.txPackets
        sent.errors = message.txErrors
        sent.dropped = message.txDropped
    }
}

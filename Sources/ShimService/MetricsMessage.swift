package import AgentClient
package import ContainerdProtocol

extension CgroupMetrics {
    /// The statistics as containerd's own cgroup v2 manager reports them.
    package init(_ statistics: ContainerStatistics) {
        self.init()
        pids.current = statistics["pids.current"]
        pids.limit = statistics["pids.max"]
        cpu = CgroupCPUStat(statistics)
        memory = CgroupMemoryStat(statistics)
        memoryEvents = CgroupMemoryEvents(statistics)
        io = CgroupIOStat(statistics)
        hugetlb = statistics.hugePages.map { pages in
            var message = CgroupHugeTlbStat()
            message.pagesize = pages.size
            message.current = pages.current
            message.max = pages.limit
            message.failcnt = pages.failures
            return message
        }
        network = statistics.networks.map(CgroupNetworkStat.init)
    }
}

extension CgroupCPUStat {
    fileprivate init(_ statistics: ContainerStatistics) {
        self.init()
        usageUsec = statistics["cpu.stat.usage_usec"]
        userUsec = statistics["cpu.stat.user_usec"]
        systemUsec = statistics["cpu.stat.system_usec"]
        nrPeriods = statistics["cpu.stat.nr_periods"]
        nrThrottled = statistics["cpu.stat.nr_throttled"]
        throttledUsec = statistics["cpu.stat.throttled_usec"]
        nrBursts = statistics["cpu.stat.nr_bursts"]
        burstUsec = statistics["cpu.stat.burst_usec"]
        if let pressure = CgroupPSIStats(statistics, "cpu.pressure") { psi = pressure }
    }
}

extension CgroupMemoryEvents {
    fileprivate init(_ statistics: ContainerStatistics) {
        self.init()
        low = statistics["memory.events.low"]
        high = statistics["memory.events.high"]
        max = statistics["memory.events.max"]
        oom = statistics["memory.events.oom"]
        oomKill = statistics["memory.events.oom_kill"]
        oomGroupKill = statistics["memory.events.oom_group_kill"]
    }
}

extension CgroupIOStat {
    fileprivate init(_ statistics: ContainerStatistics) {
        self.init()
        usage = statistics.devices.map { device in
            var message = CgroupIOEntry()
            message.major = device.major
            message.minor = device.minor
            message.rbytes = device.readBytes
            message.wbytes = device.writtenBytes
            message.rios = device.reads
            message.wios = device.writes
            return message
        }
        if let pressure = CgroupPSIStats(statistics, "io.pressure") { psi = pressure }
    }
}

extension CgroupNetworkStat {
    fileprivate init(_ network: ContainerStatistics.NetworkUse) {
        self.init()
        name = network.name
        rxBytes = network.received.bytes
        rxPackets = network.received.packets
        rxErrors = network.received.errors
        rxDropped = network.received.dropped
        txBytes = network.sent.bytes
        txPackets = network.sent.packets
        txErrors = network.sent.errors
        txDropped = network.sent.dropped
    }
}

extension CgroupPSIStats {
    /// Nil if the guest's kernel does not account for pressure.
    init?(_ statistics: ContainerStatistics, _ file: String) {
        guard statistics.values["\(file).some.total"] != nil else { return nil }
        self.init()
        some = CgroupPSIData(statistics, "\(file).some")
        full = CgroupPSIData(statistics, "\(file).full")
    }
}

extension CgroupPSIData {
    fileprivate init(_ statistics: ContainerStatistics, _ line: String) {
        self.init()
        avg10 = Double(statistics["\(line).avg10"]) / 100
        avg60 = Double(statistics["\(line).avg60"]) / 100
        avg300 = Double(statistics["\(line).avg300"]) / 100
        total = statistics["\(line).total"]
    }
}

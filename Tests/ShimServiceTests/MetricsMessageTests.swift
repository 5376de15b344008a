import AgentProtocol
import ContainerdProtocol
import SwiftProtobuf
import Testing

@testable import AgentClient
@testable import ShimService

/// From the agent's answer to containerd's metrics.
@Suite struct MetricsMessageTests {
    private func metrics(_ change: (inout AgentStatsContainerResponse) -> Void) -> CgroupMetrics {
        var message = AgentStatsContainerResponse()
        change(&message)
        return CgroupMetrics(ContainerStatistics(message))
    }

    @Test func theKernelsOwnValuesWin() {
        let found = metrics {
            $0.cgroupStats.cpuStats.cpuUsage.totalUsage = 1_234_567
            $0.cgroupStats.pidsStats.limit = 0
            $0.cgroupStats.memoryStats.stats = [
                "cpu.stat.usage_usec": 1_000_001, "cpu.stat.nr_bursts": 3, "anon": 4096, "pids.max": 100,
                "memory.events.oom_kill": 2, "memory.events.oom_group_kill": 1, "workingset_refault_anon": 5,
                "workingset_refault_file": 7, "memory.pressure.some.avg10": 1234,
                "memory.pressure.some.total": 99, "memory.pressure.full.avg300": 5,
            ]
        }
        #expect(found.cpu.usageUsec == 1_000_001)
        #expect(found.cpu.nrBursts == 3)
        #expect(!found.cpu.hasPsi)
        #expect(found.memory.anon == 4096)
        #expect(found.memory.workingsetRefault == 12)
        #expect(found.memory.psi.some.avg10 == 12.34)
        #expect(found.memory.psi.some.total == 99)
        #expect(found.memory.psi.full.avg300 == 0.05)
        #expect(found.pids.limit == 100)
        #expect(found.memoryEvents.oomKill == 2)
        #expect(found.memoryEvents.oomGroupKill == 1)
    }

    /// An agent that sends only what the protocol has.
    @Test func fieldsOfTheProtocolStandIn() {
        let found = metrics {
            $0.cgroupStats.cpuStats.cpuUsage.totalUsage = 5_000_999
            $0.cgroupStats.cpuStats.cpuUsage.usageInUsermode = 3_000_000
            $0.cgroupStats.cpuStats.cpuUsage.usageInKernelmode = 2_000_000
            $0.cgroupStats.cpuStats.throttlingData.throttledTime = 7_000
            $0.cgroupStats.pidsStats.current = 4
            $0.cgroupStats.memoryStats.usage.usage = 10
            $0.cgroupStats.memoryStats.usage.limit = 0x7fff_ffff_ffff_f000
            $0.cgroupStats.memoryStats.swapUsage.limit = 4096
            $0.cgroupStats.memoryStats.cache = 33
            $0.cgroupStats.memoryStats.stats = ["inactive_file": 11]
        }
        #expect((found.cpu.usageUsec, found.cpu.userUsec) == (5000, 3000))
        #expect((found.cpu.systemUsec, found.cpu.throttledUsec) == (2000, 7))
        #expect((found.pids.current, found.pids.limit) == (4, .max))
        #expect((found.memory.usage, found.memory.usageLimit) == (10, .max))
        #expect((found.memory.swapLimit, found.memory.file) == (4096, 33))
        #expect(found.memory.inactiveFile == 11)
    }

    private func entry(_ minor: UInt64, _ operation: String, _ value: UInt64) -> AgentBlkioStatsEntry {
        var entry = AgentBlkioStatsEntry()
        (entry.major, entry.minor, entry.op, entry.value) = (254, minor, operation, value)
        return entry
    }

    @Test func everyDiskIsThere() {
        let found = metrics {
            $0.cgroupStats.blkioStats.ioServiceBytesRecursive = [
                entry(0, "Read", 1), entry(0, "Write", 2), entry(0, "Discard", 9), entry(16, "Read", 3),
            ]
            $0.cgroupStats.blkioStats.ioServicedRecursive = [entry(0, "Read", 4), entry(16, "Write", 5)]
        }
        #expect(found.io.usage.map(\.minor) == [0, 16])
        let (first, second) = (found.io.usage[0], found.io.usage[1])
        #expect((first.major, first.rbytes, first.wbytes, first.rios, first.wios) == (254, 1, 2, 4, 0))
        #expect((second.rbytes, second.wbytes, second.rios, second.wios) == (3, 0, 0, 5))
    }

    @Test func disksInTheWordsOfOtherAgents() {
        let found = metrics {
            $0.cgroupStats.blkioStats.ioServiceBytesRecursive = [
                entry(0, "read", 1), entry(0, "write", 2), entry(0, "rios", 3), entry(0, "wios", 4),
            ]
        }
        #expect(found.io.usage.count == 1)
        let disk = found.io.usage[0]
        #expect((disk.rbytes, disk.wbytes, disk.rios, disk.wios) == (1, 2, 3, 4))
    }

    @Test func hugePagesAndNetworks() {
        let found = metrics {
            $0.cgroupStats.hugetlbStats["2MB"] = AgentHugetlbStats.with {
                $0.usage = 4 << 20
                $0.failcnt = 3
            }
            $0.cgroupStats.hugetlbStats["1GB"] = AgentHugetlbStats()
            $0.cgroupStats.memoryStats.stats["hugetlb.2MB.max"] = 8 << 20
            $0.networkStats = [
                AgentNetworkStats.with {
                    $0.name = "eth0"
                    $0.rxBytes = 1
                    $0.txDropped = 8
                }
            ]
        }
        #expect(found.hugetlb.map(\.pagesize) == ["1GB", "2MB"])
        #expect(found.hugetlb.map(\.max) == [.max, 8 << 20])
        #expect((found.hugetlb[1].current, found.hugetlb[1].failcnt) == (4 << 20, 3))
        #expect(found.network.map(\.name) == ["eth0"])
        #expect((found.network[0].rxBytes, found.network[0].txDropped) == (1, 8))
    }

    /// The largest numbers neither trap nor wrap, and lists end somewhere.
    @Test func hostileValues() throws {
        let found = metrics {
            $0.cgroupStats.cpuStats.cpuUsage.totalUsage = .max
            $0.cgroupStats.pidsStats.limit = .max
            $0.cgroupStats.memoryStats.usage.limit = .max
            for key in [
                "workingset_refault_anon", "workingset_refault_file", "cpu.pressure.some.total",
                "cpu.pressure.some.avg10", "", ".", "memory.stat.",
            ] { $0.cgroupStats.memoryStats.stats[key] = .max }
            $0.cgroupStats.blkioStats.ioServiceBytesRecursive = (0..<3000).map { entry($0, "Read", .max) }
            $0.networkStats = Array(repeating: AgentNetworkStats.with { $0.rxBytes = .max }, count: 3000)
        }
        #expect(found.memory.workingsetRefault == .max)
        #expect(found.cpu.psi.some.total == .max)
        #expect(found.io.usage.count == 1024)
        #expect(found.network.count == 1024)
        let bytes: [UInt8] = try found.serializedBytes()
        #expect(try CgroupMetrics(serializedBytes: bytes) == found)
    }
}

import AgentClient
import ContainerdProtocol

extension CgroupMemoryStat {
    /// `memory.stat` and the files beside it.
    init(_ statistics: ContainerStatistics) {
        self.init()
        func counter(_ key: String) -> UInt64 { statistics["memory.stat.\(key)"] }
        anon = counter("anon")
        file = counter("file")
        kernelStack = counter("kernel_stack")
        slab = counter("slab")
        sock = counter("sock")
        shmem = counter("shmem")
        fileMapped = counter("file_mapped")
        fileDirty = counter("file_dirty")
        fileWriteback = counter("file_writeback")
        anonThp = counter("anon_thp")
        inactiveAnon = counter("inactive_anon")
        activeAnon = counter("active_anon")
        inactiveFile = counter("inactive_file")
        activeFile = counter("active_file")
        unevictable = counter("unevictable")
        slabReclaimable = counter("slab_reclaimable")
        slabUnreclaimable = counter("slab_unreclaimable")
        pgfault = counter("pgfault")
        pgmajfault = counter("pgmajfault")
        workingsetRefault = Self.both(statistics, "workingset_refault")
        workingsetActivate = Self.both(statistics, "workingset_activate")
        workingsetNodereclaim = counter("workingset_nodereclaim")
        pgrefill = counter("pgrefill")
        pgscan = counter("pgscan")
        pgsteal = counter("pgsteal")
        pgactivate = counter("pgactivate")
        pgdeactivate = counter("pgdeactivate")
        pglazyfree = counter("pglazyfree")
        pglazyfreed = counter("pglazyfreed")
        thpFaultAlloc = counter("thp_fault_alloc")
        thpCollapseAlloc = counter("thp_collapse_alloc")
        usage = statistics["memory.current"]
        usageLimit = statistics["memory.max"]
        maxUsage = statistics["memory.peak"]
        swapUsage = statistics["memory.swap.current"]
        swapLimit = statistics["memory.swap.max"]
        swapMaxUsage = statistics["memory.swap.peak"]
        if let pressure = CgroupPSIStats(statistics, "memory.pressure") { psi = pressure }
    }

    /// A counter that kernels since 5.9 keep in two.
    private static func both(_ statistics: ContainerStatistics, _ key: String) -> UInt64 {
        if let whole = statistics.values["memory.stat.\(key)"] { return whole }
        let (sum, overflow) = statistics["memory.stat.\(key)_anon"]
            .addingReportingOverflow(statistics["memory.stat.\(key)_file"])
        return overflow ? .max : sum
    }
}

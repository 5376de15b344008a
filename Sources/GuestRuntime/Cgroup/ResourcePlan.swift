package import RuntimeErrors

/// Limits of a container, as far as they are given.
package struct ResourcePlan: Sendable {
    /// Bytes of memory; -1 means no limit.
    package var memoryLimit: Int64?
    /// Bytes that are given back last.
    package var memoryReservation: Int64?
    /// Bytes of memory and swap together; -1 means no limit.
    package var memoryAndSwap: Int64?
    /// Whether a limit of memory below what is in use is refused.
    package var checksMemoryUse = false
    /// The share of the processor as in cgroup v1, 2 to 262144.
    package var cpuShares: UInt64?
    /// Microseconds of processor time per period; -1 means no limit.
    package var cpuQuota: Int64?
    /// Microseconds.
    package var cpuPeriod: UInt64?
    /// Microseconds that may be saved up from periods before.
    package var cpuBurst: UInt64?
    /// Whether the container gets only the time that nobody else wants.
    package var cpuIdle: Bool?
    /// Processors, as `0-1,3`.
    package var cpus: String?
    /// Memory nodes, as `0`.
    package var memoryNodes: String?
    /// Processes; -1 means no limit.
    package var pids: Int64?
    /// The weight of input and output as in cgroup v1, 10 to 1000.
    package var ioWeight: UInt32?
    /// Lines of io.max, as `8:0 rbps=1048576`.
    package var ioLimits: [String] = []
    /// Limits of huge pages by page size, as `2MB`.
    package var hugePages: [SettingPlan] = []
    /// Files of the cgroup and what is written to them, after all else.
    package var unified: [SettingPlan] = []
    /// Rules for devices in their order; empty lists leave the defaults.
    package var devices: [DeviceRule] = []

    package init() {}

    /// What is written to which file of a cgroup v2 folder, in order.
    ///
    /// - Throws: `invalidArgument` if limits contradict each other.
    package func files() throws(RuntimeError) -> [ControlFile] {
        var files = try memoryFiles() + processorFiles()
        // Numbers of processors and nodes are the host's: that the guest has others is no reason to fail.
        if let cpus { files.append(.init("cpuset.cpus", cpus, isAdvice: true)) }
        if let memoryNodes { files.append(.init("cpuset.mems", memoryNodes, isAdvice: true)) }
        if let pids { files.append(.init("pids.max", Self.number(pids))) }
        if let ioWeight, ioWeight > 0 {
            // The conversion of cgroup v1 weights (10 to 1000) to v2 weights (1 to 10000).
            let weight = min(max(UInt64(ioWeight), 10), 1000)
            files.append(.init("io.weight", "default \(1 + (weight - 10) * 9999 / 990)", isAdvice: true))
        }
        files += ioLimits.map { .init("io.max", $0) }
        files += hugePages.map { .init("hugetlb.\($0.key).max", $0.value) }
        for setting in unified {
            files += setting.value.split(separator: "\n").map { .init(setting.key, String($0)) }
        }
        return files
    }

    /// Swap first: a limit of memory alone would push its pages there.
    private func memoryFiles() throws(RuntimeError) -> [ControlFile] {
        var files: [ControlFile] = []
        if let swap = try swapLimit() { files.append(.init("memory.swap.max", swap)) }
        if let memoryReservation { files.append(.init("memory.low", Self.number(memoryReservation))) }
        if let memoryLimit { files.append(.init("memory.max", Self.number(memoryLimit))) }
        return files
    }

    private func processorFiles() -> [ControlFile] {
        var files: [ControlFile] = []
        if cpuIdle == false { files.append(.init("cpu.idle", "0")) }
        // The kernel takes no weight for an idle group.
        if cpuIdle == true {
            files.append(.init("cpu.idle", "1"))
        } else if let cpuShares, cpuShares > 0 {
            files.append(.init("cpu.weight", "\(Self.weight(ofShares: cpuShares))"))
        }
        let hasQuota = cpuQuota != nil || cpuPeriod != nil
        // What was allowed before may be more than the new quota, which the kernel refuses.
        if cpuBurst != nil, hasQuota { files.append(.init("cpu.max.burst", "0")) }
        if hasQuota {
            let quota = cpuQuota.map { $0 > 0 ? "\($0)" : "max" } ?? "max"
            files.append(.init("cpu.max", "\(quota) \(cpuPeriod ?? 100_000)"))
        }
        if let cpuBurst { files.append(.init("cpu.max.burst", "\(cpuBurst)")) }
        return files
    }

    static func number(_ value: Int64) -> String {
        value < 0 ? "max" : "\(value)"
    }
}

/// A value for one file of a cgroup folder.
package struct ControlFile: Sendable, Equatable {
    /// The file's name.
    package var name: String
    /// The whole text.
    package var value: String
    /// Whether the kernel's refusal is worth a warning, and no error.
    package var isAdvice: Bool

    package init(_ name: String, _ value: String, isAdvice: Bool = false) {
        self.name = name
        self.value = value
        self.isAdvice = isAdvice
    }
}

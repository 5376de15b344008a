/// Limits of a container, as far as they are given.
package struct ResourcePlan: Sendable, Equatable {
    /// Bytes of memory; -1 means no limit.
    package var memoryLimit: Int64?
    /// Bytes that are given back last.
    package var memoryReservation: Int64?
    /// Bytes of memory and swap together; -1 means no limit.
    package var memoryAndSwap: Int64?
    /// The share of the processor as in cgroup v1, 2 to 262144.
    package var cpuShares: UInt64?
    /// Microseconds of processor time per period; -1 means no limit.
    package var cpuQuota: Int64?
    /// Microseconds.
    package var cpuPeriod: UInt64?
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
    /// Rules for devices in their order; empty lists leave the defaults.
    package var devices: [DeviceRule] = []

    package init() {}

    package static func == (left: ResourcePlan, right: ResourcePlan) -> Bool {
        left.files() == right.files() && left.devices == right.devices
    }

    /// What is written to which file of a cgroup v2 folder, in order.
    package func files() -> [ControlFile] {
        var files: [ControlFile] = []
        // Swap first: a limit of memory alone would push its pages there.
        if let swap = memoryAndSwap {
            let limit = memoryLimit ?? -1
            let value = swap < 0 || limit < 0 ? "max" : "\(max(0, swap - limit))"
            files.append(.init("memory.swap.max", value, optional: true))
        }
        if let memoryReservation { files.append(.init("memory.low", Self.number(memoryReservation))) }
        if let memoryLimit { files.append(.init("memory.max", Self.number(memoryLimit))) }
        if let cpuShares, cpuShares > 0 {
            // The conversion of cgroup v1 shares (2 to 262144) to v2 weights (1 to 10000).
            let shares = min(max(cpuShares, 2), 262144)
            files.append(.init("cpu.weight", "\(1 + (shares - 2) * 9999 / 262142)"))
        }
        if cpuQuota != nil || cpuPeriod != nil {
            let quota = cpuQuota.map { $0 > 0 ? "\($0)" : "max" } ?? "max"
            files.append(.init("cpu.max", "\(quota) \(cpuPeriod ?? 100_000)"))
        }
        if let cpus { files.append(.init("cpuset.cpus", cpus)) }
        if let memoryNodes { files.append(.init("cpuset.mems", memoryNodes)) }
        if let pids { files.append(.init("pids.max", Self.number(pids))) }
        if let ioWeight, ioWeight > 0 {
            let weight = min(max(UInt64(ioWeight), 10), 1000)
            files.append(.init("io.weight", "default \(1 + (weight - 10) * 9999 / 990)", optional: true))
        }
        files += ioLimits.map { .init("io.max", $0) }
        files += hugePages.map { .init("hugetlb.\($0.key).max", $0.value) }
        return files
    }

    private static func number(_ value: Int64) -> String {
        value < 0 ? "max" : "\(value)"
    }
}

/// A value for one file of a cgroup folder.
package struct ControlFile: Sendable, Equatable {
    /// The file's name.
    package var name: String
    /// The whole text.
    package var value: String
    /// Whether a kernel without the file is no error.
    package var optional: Bool

    package init(_ name: String, _ value: String, optional: Bool = false) {
        self.name = name
        self.value = value
        self.optional = optional
    }
}

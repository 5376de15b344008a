/// Limits of the memory controller, in bytes; -1 is no limit.
package struct MemoryLimits: Codable, Sendable, Equatable {
    @WholeNumber package var limit: Int64?
    @WholeNumber package var reservation: Int64?
    /// Memory and swap together.
    @WholeNumber package var swap: Int64?
    /// Of cgroup v1 only.
    @WholeNumber package var kernel: Int64?
    /// Of cgroup v1 only.
    @WholeNumber package var kernelTCP: Int64?
    /// 0 … 100; of cgroup v1 only.
    @WholeNumber package var swappiness: UInt64?
    /// Of cgroup v1 only.
    package var disableOOMKiller: Bool?
    package var useHierarchy: Bool?
    /// Refuse a limit below what is in use.
    package var checkBeforeUpdate: Bool?

    package init(limit: Int64? = nil, reservation: Int64? = nil, swap: Int64? = nil) {
        self.limit = limit
        self.reservation = reservation
        self.swap = swap
    }
}

/// Limits of the cpu and cpuset controllers.
package struct CPULimits: Codable, Sendable, Equatable {
    /// The weight of cgroup v1, 2 … 262144.
    @WholeNumber package var shares: UInt64?
    /// Microseconds in each period; -1 is no limit.
    @WholeNumber package var quota: Int64?
    /// Microseconds.
    @WholeNumber package var burst: UInt64?
    /// Microseconds.
    @WholeNumber package var period: UInt64?
    @WholeNumber package var realtimeRuntime: Int64?
    @WholeNumber package var realtimePeriod: UInt64?
    /// A list such as `0-3,7`.
    @Omittable package var cpus: String
    /// A list of memory nodes.
    @Omittable package var mems: String
    @WholeNumber package var idle: Int64?

    package init(shares: UInt64? = nil, quota: Int64? = nil, period: UInt64? = nil, cpus: String = "") {
        self.shares = shares
        self.quota = quota
        self.period = period
        self.cpus = cpus
    }
}

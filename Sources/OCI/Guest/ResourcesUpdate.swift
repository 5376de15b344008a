package import RuntimeErrors

/// A change of a container's limits, checked against those it has.
package struct ResourcesUpdate: Sendable, Equatable {
    /// What the guest is told: only what changes, with the numbers that can be set only together.
    package let change: Resources

    /// Checks a change.
    ///
    /// A field that repeats what `current` says is left out: callers send back what a container was created with.
    /// - Throws: `invalidArgument` if the outcome makes no sense, `unimplemented` for a limit that a guest does not
    ///   have.
    package init(_ change: Resources, of current: Resources) throws(RuntimeError) {
        var validator = SpecValidator()
        try validator.check(change)
        try Self.refuseForeign(change, current)
        var change = change
        if change.devices == current.devices { change.devices = [] }
        if let memory = change.memory, memory.limit == -1, memory.swap ?? 0 == 0 {
            // No limit of memory goes with no limit of memory and swap, as in cgroup v1.
            change.memory?.swap = -1
        }
        let result = current.changed(by: change)
        try validator.check(result)
        change.network = nil
        change.rdma = [:]
        change.unified = [:]
        if let blockIO = change.blockIO {
            var weight = BlockIOLimits()
            weight.weight = blockIO.weight
            change.blockIO = weight
        }
        if change.cpu?.quota ?? 0 != 0 || change.cpu?.period ?? 0 != 0 {
            change.cpu?.quota = result.cpu?.quota
            change.cpu?.period = result.cpu?.period
        }
        if change.memory?.limit ?? 0 != 0 || change.memory?.swap ?? 0 != 0 {
            change.memory?.limit = result.memory?.limit
            change.memory?.swap = result.memory?.swap
        }
        self.change = change
    }

    /// Refuses what is bound to the host's devices, or what neither cgroup v2 nor the agent's protocol has.
    private static func refuseForeign(_ change: Resources, _ current: Resources) throws(RuntimeError) {
        let (block, had) = (change.blockIO, current.blockIO)
        let (memory, cpu) = (change.memory, change.cpu)
        let foreign: [(String, Bool)] = [
            ("network", change.network != nil && change.network != current.network),
            ("rdma", !change.rdma.isEmpty && change.rdma != current.rdma),
            ("unified", !change.unified.isEmpty && change.unified != current.unified),
            ("blockIO.leafWeight", block?.leafWeight ?? 0 != 0 && block?.leafWeight != had?.leafWeight),
            ("blockIO.weightDevice", isNew(block?.weightDevice, had?.weightDevice)),
            (
                "blockIO.throttleReadBpsDevice",
                isNew(block?.throttleReadBpsDevice, had?.throttleReadBpsDevice)
            ),
            (
                "blockIO.throttleWriteBpsDevice",
                isNew(block?.throttleWriteBpsDevice, had?.throttleWriteBpsDevice)
            ),
            (
                "blockIO.throttleReadIOPSDevice",
                isNew(block?.throttleReadIOPSDevice, had?.throttleReadIOPSDevice)
            ),
            (
                "blockIO.throttleWriteIOPSDevice",
                isNew(block?.throttleWriteIOPSDevice, had?.throttleWriteIOPSDevice)
            ),
            ("memory.kernel", (memory?.kernel ?? 0) > 0 && memory?.kernel != current.memory?.kernel),
            (
                "memory.kernelTCP",
                (memory?.kernelTCP ?? 0) > 0 && memory?.kernelTCP != current.memory?.kernelTCP
            ),
            (
                "memory.swappiness",
                memory?.swappiness != nil && memory?.swappiness != current.memory?.swappiness
            ),
            (
                "memory.disableOOMKiller",
                memory?.disableOOMKiller == true && current.memory?.disableOOMKiller != true
            ),
            ("cpu.burst", cpu?.burst ?? 0 != 0 && cpu?.burst != current.cpu?.burst),
            ("cpu.idle", cpu?.idle ?? 0 != 0 && cpu?.idle != current.cpu?.idle),
            (
                "cpu.realtimeRuntime",
                cpu?.realtimeRuntime ?? 0 != 0 && cpu?.realtimeRuntime != current.cpu?.realtimeRuntime
            ),
            (
                "cpu.realtimePeriod",
                cpu?.realtimePeriod ?? 0 != 0 && cpu?.realtimePeriod != current.cpu?.realtimePeriod
            ),
        ]
        guard let field = foreign.first(where: \.1)?.0 else { return }
        throw RuntimeError(
            .unimplemented,
            "can't update the limits of a container: field '\(field)' can't be applied in a guest; leave it out"
        )
    }

    private static func isNew<Item: Equatable>(_ items: [Item]?, _ had: [Item]?) -> Bool {
        guard let items, !items.isEmpty else { return false }
        return items != had
    }
}

extension Resources {
    /// These limits after a change: what it gives (0 and empty mean "not given") in place of what was.
    package func changed(by change: Resources) -> Resources {
        var result = self
        if !change.devices.isEmpty { result.devices = change.devices }
        if let limits = change.memory {
            result.memory = (memory ?? MemoryLimits()).changed(by: limits)
        }
        if let limits = change.cpu { result.cpu = (cpu ?? CPULimits()).changed(by: limits) }
        if let limit = change.pids?.limit, limit != 0 { result.pids = PidsLimit(limit: limit) }
        if let weight = change.blockIO?.weight, weight != 0 {
            result.blockIO = blockIO ?? BlockIOLimits()
            result.blockIO?.weight = weight
        }
        for limit in change.hugepageLimits {
            result.hugepageLimits.removeAll { $0.pageSize == limit.pageSize }
            result.hugepageLimits.append(limit)
        }
        return result
    }
}

extension MemoryLimits {
    fileprivate func changed(by change: MemoryLimits) -> MemoryLimits {
        var result = self
        if let limit = change.limit, limit != 0 { result.limit = limit }
        if let reservation = change.reservation, reservation != 0 { result.reservation = reservation }
        if let swap = change.swap, swap != 0 { result.swap = swap }
        return result
    }
}

extension CPULimits {
    fileprivate func changed(by change: CPULimits) -> CPULimits {
        var result = self
        if let shares = change.shares, shares != 0 { result.shares = shares }
        if let quota = change.quota, quota != 0 { result.quota = quota }
        if let period = change.period, period != 0 { result.period = period }
        if !change.cpus.isEmpty { result.cpus = change.cpus }
        if !change.mems.isEmpty { result.mems = change.mems }
        return result
    }
}

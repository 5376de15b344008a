import AgentProtocol
import GuestRuntime
import RuntimeErrors

extension ResourcePlan {
    /// The limits of a message, in which 0 means "not given".
    init(_ resources: AgentLinuxResources) throws(RuntimeError) {
        self.init()
        if resources.hasMemory {
            let memory = resources.memory
            memoryLimit = memory.limit == 0 ? nil : memory.limit
            memoryReservation = memory.reservation == 0 ? nil : memory.reservation
            memoryAndSwap = memory.swap == 0 ? nil : memory.swap
            checksMemoryUse = memory.checkBeforeUpdate
        }
        if resources.hasCpu {
            let cpu = resources.cpu
            cpuShares = cpu.shares == 0 ? nil : cpu.shares
            cpuQuota = cpu.quota == 0 ? nil : cpu.quota
            cpuPeriod = cpu.period == 0 ? nil : cpu.period
            cpuBurst = cpu.hasBurst ? cpu.burst : nil
            cpuIdle = cpu.hasIdle ? cpu.idle == 1 : nil
            cpus = cpu.cpus.isEmpty ? nil : cpu.cpus
            memoryNodes = cpu.mems.isEmpty ? nil : cpu.mems
        }
        if resources.hasPids, resources.pids.limit != 0 { pids = resources.pids.limit }
        if resources.hasBlockIo {
            let blockIO = resources.blockIo
            ioWeight = blockIO.weight == 0 ? nil : blockIO.weight
            ioLimits =
                Self.lines(blockIO.throttleReadBpsDevice, "rbps")
                + Self.lines(blockIO.throttleWriteBpsDevice, "wbps")
                + Self.lines(blockIO.throttleReadIopsDevice, "riops")
                + Self.lines(blockIO.throttleWriteIopsDevice, "wiops")
        }
        for limit in resources.hugepageLimits {
            guard limit.pagesize.utf8.allSatisfy({ $0 != 0 && $0 != UInt8(ascii: "/") }) else {
                throw RuntimeError(.invalidArgument, "can't limit huge pages of size '\(limit.pagesize)'")
            }
            var setting = SettingPlan()
            setting.key = limit.pagesize
            setting.value = limit.limit == .max ? "max" : "\(limit.limit)"
            hugePages.append(setting)
            // What a process has reserved and not yet touched counts only there.
            setting.key += ".rsvd"
            hugePages.append(setting)
        }
        for (name, value) in resources.unified.sorted(by: { $0.key < $1.key }) {
            unified.append(try Self.unified(name, value))
        }
        for rule in resources.devices {
            devices.append(
                try DeviceRule(
                    allow: rule.allow, type: rule.type, major: rule.major, minor: rule.minor,
                    access: rule.access))
        }
    }

    /// A file of the cgroup and its text; no path, and nothing that does something else than to limit.
    private static func unified(_ name: String, _ value: String) throws(RuntimeError) -> SettingPlan {
        let isName = name.utf8.first != UInt8(ascii: ".") && !name.utf8.contains(UInt8(ascii: "/"))
        guard isName, !name.hasPrefix("cgroup.") || name.hasPrefix("cgroup.max.") else {
            throw RuntimeError(.invalidArgument, "can't write to '\(name)' of a cgroup: it is no limit")
        }
        var setting = SettingPlan()
        setting.key = try PlanText.checked(name, "name of a limit")
        setting.value = try PlanText.checked(value, "limit '\(name)'")
        return setting
    }

    private static func lines(_ devices: [AgentLinuxThrottleDevice], _ key: String) -> [String] {
        devices.map { "\($0.major):\($0.minor) \(key)=\($0.rate == 0 ? "max" : "\($0.rate)")" }
    }
}

extension AgentSpec {
    /// All rules for devices: nothing, what the host says, what every container needs, and the nodes that this
    /// one is given. What a rule allows of a node by its number is all that is allowed of it.
    func deviceRules(_ given: [DeviceRule], nodes: [DevicePlan]) -> [DeviceRule] {
        let own = nodes.map { node in
            DeviceRule(
                allow: true, kind: node.mode & 0o170000 == 0o060000 ? .block : .character, major: node.major,
                minor: node.minor)
        }.filter { node in
            !given.contains {
                $0.allow && $0.kind == node.kind && $0.major == node.major && $0.minor == node.minor
            }
        }
        return [DeviceRule(allow: false)] + given + DeviceRule.standard.dropFirst() + own
    }
}

package import AgentProtocol
package import OCI

extension AgentLinuxResources {
    /// The limits in the agent's own terms.
    package init(_ resources: Resources) {
        self.init()
        devices = resources.devices.map { rule in
            var message = AgentLinuxDeviceCgroup()
            message.allow = rule.allow
            message.type = rule.type
            // -1 is the protocol's "any", as it is runc's.
            message.major = rule.major ?? -1
            message.minor = rule.minor ?? -1
            message.access = rule.access
            return message
        }
        if let memory = resources.memory {
            self.memory.limit = memory.limit ?? 0
            self.memory.reservation = memory.reservation ?? 0
            self.memory.swap = memory.swap ?? 0
            self.memory.swappiness = memory.swappiness ?? 0
            self.memory.disableOomKiller = memory.disableOOMKiller ?? false
            self.memory.checkBeforeUpdate = memory.checkBeforeUpdate ?? false
        }
        if let cpu = resources.cpu {
            self.cpu.shares = cpu.shares ?? 0
            self.cpu.quota = cpu.quota ?? 0
            self.cpu.period = cpu.period ?? 0
            self.cpu.realtimeRuntime = cpu.realtimeRuntime ?? 0
            self.cpu.realtimePeriod = cpu.realtimePeriod ?? 0
            self.cpu.cpus = cpu.cpus
            self.cpu.mems = cpu.mems
            if let burst = cpu.burst { self.cpu.burst = burst }
            if let idle = cpu.idle { self.cpu.idle = idle }
        }
        if let pids = resources.pids { self.pids.limit = pids.limit ?? 0 }
        if let blockIO = resources.blockIO {
            self.blockIo.weight = UInt32(blockIO.weight ?? 0)
            self.blockIo.throttleReadBpsDevice = blockIO.throttleReadBpsDevice.map(
                AgentLinuxThrottleDevice.init)
            self.blockIo.throttleWriteBpsDevice = blockIO.throttleWriteBpsDevice.map(
                AgentLinuxThrottleDevice.init)
            self.blockIo.throttleReadIopsDevice = blockIO.throttleReadIOPSDevice.map(
                AgentLinuxThrottleDevice.init)
            self.blockIo.throttleWriteIopsDevice = blockIO.throttleWriteIOPSDevice.map(
                AgentLinuxThrottleDevice.init)
        }
        unified = resources.unified
        hugepageLimits = resources.hugepageLimits.map { limit in
            var message = AgentLinuxHugepageLimit()
            message.pagesize = limit.pageSize
            message.limit = limit.limit
            return message
        }
    }
}

extension AgentLinuxThrottleDevice {
    init(_ device: ThrottledDevice) {
        self.init()
        major = device.major
        minor = device.minor
        rate = device.rate
    }
}

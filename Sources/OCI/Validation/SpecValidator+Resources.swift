import RuntimeErrors

/// Checks of limits.
extension SpecValidator {
    func check(_ resources: Resources, at path: FieldPath) throws(RuntimeError) {
        try check(resources.devices, at: path / "devices")
        if let cpu = resources.cpu { try check(cpu, at: path / "cpu") }
        if let memory = resources.memory { try check(memory, at: path / "memory") }
        try checkNumber(resources.pids?.limit, path / "pids" / "limit", -1, Int64.max)
        if let weight = resources.blockIO?.weight, weight != 0, !(10...1000).contains(weight) {
            throw invalid(path / "blockIO" / "weight", "is \(weight)", "give 10 to 1000")
        }
        try checkCount(resources.hugepageLimits.count, path / "hugepageLimits", limit: 64)
        for (index, limit) in resources.hugepageLimits.enumerated() {
            try checkPageSize(limit.pageSize, (path / "hugepageLimits")[index] / "pageSize")
        }
        try checkCount(resources.rdma.count, path / "rdma", limit: 256)
        try checkTable(resources.unified, path / "unified", limit: 256)
        for name in resources.unified.keys {
            let isFile = name.utf8.allSatisfy { $0.isASCIIAlphanumeric || "._-".utf8.contains($0) }
            guard isFile, name.utf8.first != UInt8(ascii: "."), name.utf8.contains(UInt8(ascii: ".")) else {
                throw invalid(path / "unified" / name, "is no cgroup file", "write it like memory.high")
            }
            guard !name.hasPrefix("cgroup.") || name.hasPrefix("cgroup.max.") else {
                throw invalid(path / "unified" / name, "is no limit", "leave it out")
            }
        }
    }

    private func check(_ rules: [DeviceRule], at path: FieldPath) throws(RuntimeError) {
        try checkCount(rules.count, path, limit: 8192)
        for (index, rule) in rules.enumerated() {
            try checkWord(rule.type, path[index] / "type", ["", "a", "b", "c"])
            try checkNumber(rule.major, path[index] / "major", -1, 4095)
            try checkNumber(rule.minor, path[index] / "minor", -1, 1_048_575)
            guard rule.access.utf8.count <= 3, rule.access.allSatisfy({ "rwm".contains($0) }) else {
                throw invalid(path[index] / "access", "is \(excerpt(rule.access))", "give letters of rwm")
            }
        }
    }

    private func check(_ cpu: CPULimits, at path: FieldPath) throws(RuntimeError) {
        try checkNumberList(cpu.cpus, path / "cpus")
        try checkNumberList(cpu.mems, path / "mems")
        try checkNumber(cpu.quota, path / "quota", -1, Int64.max)
        for (name, number) in [("period", cpu.period), ("shares", cpu.shares), ("burst", cpu.burst)] {
            if let number, number > UInt64(Int64.max) {
                throw invalid(path / name, "is \(number)", "give at most \(Int64.max)")
            }
        }
        try checkNumber(cpu.idle, path / "idle", 0, 1)
    }

    private func check(_ memory: MemoryLimits, at path: FieldPath) throws(RuntimeError) {
        for (name, number) in [
            ("limit", memory.limit), ("reservation", memory.reservation), ("swap", memory.swap),
            ("kernel", memory.kernel), ("kernelTCP", memory.kernelTCP),
        ] {
            try checkNumber(number, path / name, -1, Int64.max)
        }
        if let limit = memory.limit, let swap = memory.swap, limit > 0, swap > 0, swap < limit {
            throw invalid(path / "swap", "is below 'limit', which it includes", "raise it")
        }
        if let swappiness = memory.swappiness, swappiness > 100 {
            throw invalid(path / "swappiness", "is \(swappiness)", "give 0 to 100")
        }
    }

    /// `64KB`, `2MB`, `1GB`, …
    private func checkPageSize(_ text: String, _ path: FieldPath) throws(RuntimeError) {
        let digits = text.utf8.prefix { $0.isASCIIDigit }
        let unit = String(text.dropFirst(digits.count))
        guard (1...4).contains(digits.count), digits.first != UInt8(ascii: "0"),
            ["KB", "MB", "GB"].contains(unit)
        else {
            throw invalid(path, "is \(excerpt(text))", "write it like 2MB")
        }
    }
}

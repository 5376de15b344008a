package import RuntimeErrors

extension SchedulingPlan {
    /// The number of a policy by its name (`SCHED_BATCH`).
    ///
    /// - Throws: `invalidArgument` for a name that is none.
    package static func policy(named name: String) throws(RuntimeError) -> UInt32 {
        let names = ["OTHER", "FIFO", "RR", "BATCH", "ISO", "IDLE", "DEADLINE"]
        guard let number = names.firstIndex(where: { name == "SCHED_\($0)" }) else {
            throw RuntimeError(.invalidArgument, "can't set the scheduler '\(name)': no policy has this name")
        }
        return UInt32(number)
    }

    /// The mask of flags given by name (`SCHED_FLAG_RESET_ON_FORK`).
    ///
    /// - Throws: `invalidArgument` for a name that is none.
    package static func mask(ofFlags names: [String]) throws(RuntimeError) -> UInt64 {
        let known = [
            "RESET_ON_FORK", "RECLAIM", "DL_OVERRUN", "KEEP_POLICY", "KEEP_PARAMS", "UTIL_CLAMP_MIN",
            "UTIL_CLAMP_MAX",
        ]
        var mask: UInt64 = 0
        for name in names {
            guard let number = known.firstIndex(where: { name == "SCHED_FLAG_\($0)" }) else {
                throw RuntimeError(
                    .invalidArgument, "can't set the scheduler's flag '\(name)': no flag has this name")
            }
            mask |= 1 << UInt64(number)
        }
        return mask
    }
}

extension IOPriorityPlan {
    /// A priority by its class's name (`IOPRIO_CLASS_BE`) and its number within the class, 0 to 7.
    ///
    /// - Throws: `invalidArgument` for anything else.
    package init(class name: String, priority: Int32) throws(RuntimeError) {
        self.init()
        let names = ["IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"]
        guard let number = names.firstIndex(of: name), (0...7).contains(priority) else {
            throw RuntimeError(
                .invalidArgument,
                "can't set the I/O priority '\(name)' \(priority): choose a class of the specification and 0 to 7"
            )
        }
        value = Int32(number + 1) << 13 | priority
    }
}

extension ProcessPlan {
    /// The largest number of a processor, as the kernel's smallest set has it.
    private static let lastProcessor: UInt32 = 1023

    /// The processors of a list as in `cpuset.cpus`, "0-3,7".
    ///
    /// - Throws: `invalidArgument` for what is no such list.
    package static func processors(in list: String) throws(RuntimeError) -> [UInt32] {
        guard !list.isEmpty else { return [] }
        var processors: Set<UInt32> = []
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
                first <= last, last <= lastProcessor
            else {
                throw RuntimeError(
                    .invalidArgument,
                    "can't use the processors '\(list)': give numbers and ranges, as '0-3,7'")
            }
            processors.formUnion(first...last)
        }
        return processors.sorted()
    }
}

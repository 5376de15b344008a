import CLinux
import Linux

/// How the kernel schedules a process; the numbers are those of sched_setattr(2).
package struct SchedulingPlan: PlanValue, Equatable {
    /// `SCHED_…`
    package var policy: UInt32 = 0
    /// -20 to 19.
    package var nice: Int32 = 0
    /// Of the real-time policies.
    package var priority: UInt32 = 0
    /// `SCHED_FLAG_…`
    package var flags: UInt64 = 0
    /// Nanoseconds.
    package var runtime: UInt64 = 0
    /// Nanoseconds.
    package var deadline: UInt64 = 0
    /// Nanoseconds.
    package var period: UInt64 = 0

    package init() {}

    package mutating func visit(_ coder: inout PlanCoder) throws {
        try coder.visit(&policy)
        try coder.visit(&nice)
        try coder.visit(&priority)
        try coder.visit(&flags)
        try coder.visit(&runtime)
        try coder.visit(&deadline)
        try coder.visit(&period)
    }

    /// Sets it for this process.
    func apply() throws(Errno) {
        var scheduling = CLinux_scheduling(
            policy: policy, nice: nice, priority: priority, flags: flags, runtime: runtime,
            deadline: deadline, period: period)
        try checked(CLinux_scheduling_set(&scheduling))
    }
}

/// An I/O priority as ioprio_set(2) takes it.
package struct IOPriorityPlan: PlanValue, Equatable {
    /// The class times 8192 plus the priority.
    package var value: Int32 = 0

    package init() {}

    package mutating func visit(_ coder: inout PlanCoder) throws {
        try coder.visit(&value)
    }
}

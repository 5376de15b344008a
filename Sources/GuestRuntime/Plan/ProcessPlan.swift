/// A process of a container.
package struct ProcessPlan: PlanValue {
    /// The command and its arguments, at least one.
    package var arguments: [String] = []
    /// KEY=value texts.
    package var environment: [String] = []
    /// Absolute, in the container.
    package var workingDirectory = "/"
    /// Whether the process gets a pseudo terminal of the container's.
    package var terminal = false
    /// The terminal's size at the start; 0 keeps the kernel's.
    package var rows: UInt16 = 0
    /// The terminal's size at the start; 0 keeps the kernel's.
    package var columns: UInt16 = 0
    /// The user.
    package var uid: UInt32 = 0
    /// The group.
    package var gid: UInt32 = 0
    /// Further groups.
    package var groups: [UInt32] = []
    /// Permission bits that new files don't get.
    package var umask: UInt32 = 0o022
    /// The five capability sets.
    package var capabilities = CapabilityPlan()
    /// Resource limits.
    package var limits: [LimitPlan] = []
    /// Whether exec can never raise privileges.
    package var noNewPrivileges = false
    /// -1000 to 1000.
    package var oomScoreAdjust: Int32 = 0
    /// How the kernel schedules it; nil leaves that as it is.
    package var scheduling: SchedulingPlan?
    /// Its I/O priority; nil leaves that as it is.
    package var ioPriority: IOPriorityPlan?
    /// The processors of a process that is added to a container; none means all of the container's.
    package var processors: [UInt32] = []

    package init() {}

    package mutating func visit(_ coder: inout PlanCoder) throws {
        try coder.visit(&arguments)
        try coder.visit(&environment)
        try coder.visit(&workingDirectory)
        try coder.visit(&terminal)
        try coder.visit(&rows)
        try coder.visit(&columns)
        try coder.visit(&uid)
        try coder.visit(&gid)
        try coder.visit(&groups)
        try coder.visit(&umask)
        try coder.visit(&capabilities)
        try coder.visit(&limits)
        try coder.visit(&noNewPrivileges)
        try coder.visit(&oomScoreAdjust)
        try coder.visit(&scheduling)
        try coder.visit(&ioPriority)
        try coder.visit(&processors)
    }
}

/// Capability sets as masks; bit n is capability n.
package struct CapabilityPlan: PlanValue, Equatable {
    /// What can ever be gained.
    package var bounding: UInt64 = 0
    /// What is in force.
    package var effective: UInt64 = 0
    /// What exec of a marked file keeps.
    package var inheritable: UInt64 = 0
    /// What may be put in force.
    package var permitted: UInt64 = 0
    /// What exec of any file keeps.
    package var ambient: UInt64 = 0

    package init() {}

    package mutating func visit(_ coder: inout PlanCoder) throws {
        try coder.visit(&bounding)
        try coder.visit(&effective)
        try coder.visit(&inheritable)
        try coder.visit(&permitted)
        try coder.visit(&ambient)
    }
}

/// A resource limit.
package struct LimitPlan: PlanValue, Equatable {
    /// RLIMIT_*.
    package var resource: Int32 = 0
    /// All ones means none.
    package var soft: UInt64 = 0
    /// All ones means none.
    package var hard: UInt64 = 0

    package init() {}

    package mutating func visit(_ coder: inout PlanCoder) throws {
        try coder.visit(&resource)
        try coder.visit(&soft)
        try coder.visit(&hard)
    }
}

/// How the kernel schedules a process, sched_setattr(2).
package struct Scheduler: Codable, Sendable, Equatable {
    /// `SCHED_…`
    @Omittable package var policy: String
    @WholeNumber package var nice: Int32?
    @WholeNumber package var priority: Int32?
    /// `SCHED_FLAG_…`
    @Omittable package var flags: [String]
    /// Nanoseconds.
    @WholeNumber package var runtime: UInt64?
    /// Nanoseconds.
    @WholeNumber package var deadline: UInt64?
    /// Nanoseconds.
    @WholeNumber package var period: UInt64?

    package init(policy: String) {
        self.policy = policy
    }
}

/// The I/O priority of a process, ioprio_set(2).
package struct IOPriority: Codable, Sendable, Equatable {
    /// `IOPRIO_CLASS_…`
    @Omittable package var `class`: String
    @WholeNumber package var priority: Int?

    package init(class: String, priority: Int? = nil) {
        self.class = `class`
        self.priority = priority
    }
}

/// The processors of an exec process before and after it enters the container's cgroup.
package struct CPUAffinity: Codable, Sendable, Equatable {
    @Omittable package var initial: String
    @Omittable package var final: String

    package init(initial: String = "", final: String = "") {
        self.initial = initial
        self.final = final
    }
}

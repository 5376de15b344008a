/// How a monitor's process is started: everything that is not on its command line.
package struct MonitorLaunch: Sendable {
    /// Descriptors that the caller has opened. They are borrowed: the caller keeps them open until `boot`
    /// returns, and closes them afterwards. The monitor makes the others itself.
    package var descriptors: [PlannedDescriptor: Int32]
    /// The user and group that the process runs as; nil keeps the caller's.
    package var identity: ProcessIdentity?
    /// The process's `oom_score_adj`; nil keeps the caller's.
    package var oomScoreAdjustment: Int?
    /// How the process comes to lock the memory of its guest, which devices of the host need.
    package var lockedMemory: LockedMemory.Decision
    /// A cgroup2 folder, opened, that the process is born in; borrowed like `descriptors`.
    package var cgroup: Int32?
    /// `cgroup.procs` files that the process is written to before it executes.
    package var cgroupProcessFiles: [String]
    /// A network namespace, opened, that the process enters before it executes; borrowed like `descriptors`.
    package var networkNamespace: Int32?
    /// How long it may take until the monitor answers.
    package var deadline: Duration
    /// Called on the event loop for each event of the machine; must not block.
    package var onEvent: @Sendable (VMEvent) -> Void
    /// Called on the event loop for each line of the guest's console but empty ones; must not block.
    package var onConsoleLine: @Sendable (ConsoleLine) -> Void

    /// Makes a launch description.
    package init(
        descriptors: [PlannedDescriptor: Int32] = [:], identity: ProcessIdentity? = nil,
        oomScoreAdjustment: Int? = nil, lockedMemory: LockedMemory.Decision = .inherit, cgroup: Int32? = nil,
        cgroupProcessFiles: [String] = [], networkNamespace: Int32? = nil,
        deadline: Duration = .seconds(10), onEvent: @escaping @Sendable (VMEvent) -> Void = { _ in },
        onConsoleLine: @escaping @Sendable (ConsoleLine) -> Void = { _ in }
    ) {
        self.descriptors = descriptors
        self.identity = identity
        self.oomScoreAdjustment = oomScoreAdjustment
        self.lockedMemory = lockedMemory
        self.cgroup = cgroup
        self.cgroupProcessFiles = cgroupProcessFiles
        self.networkNamespace = networkNamespace
        self.deadline = deadline
        self.onEvent = onEvent
        self.onConsoleLine = onConsoleLine
    }
}

/// The user and groups of a process.
package struct ProcessIdentity: Sendable, Equatable {
    /// User id.
    package var user: UInt32
    /// Primary group id.
    package var group: UInt32
    /// Supplementary group ids, such as that of `/dev/kvm`.
    package var supplementaryGroups: [UInt32]

    /// Makes an identity.
    package init(user: UInt32, group: UInt32, supplementaryGroups: [UInt32] = []) {
        self.user = user
        self.group = group
        self.supplementaryGroups = supplementaryGroups
    }
}

/// All that the launcher must know to start one process: the init process of a container, or a further one.
package struct LaunchPlan: PlanValue {
    /// The id of the container, for messages and the keyring's name.
    package var containerID = ""
    /// What to build first; absent for a process that joins a running container.
    package var container: ContainerPlan?
    /// The process itself.
    package var process = ProcessPlan()
    /// The system call filter of the process.
    package var seccomp: SeccompPlan?

    package init() {}

    package mutating func visit(_ coder: inout PlanCoder) throws {
        try coder.visit(&containerID)
        try coder.visit(&container)
        try coder.visit(&process)
        try coder.visit(&seccomp)
    }
}

/// The surroundings of a container's init process, which the launcher makes before that process starts.
package struct ContainerPlan: PlanValue {
    /// The guest's path of the root file system.
    package var root = ""
    /// Whether the root is read-only for the container.
    package var readonlyRoot = false
    /// Empty: the host name of the machine.
    package var hostname = ""
    /// A value of `MountPropagation`; 0 keeps the root private.
    package var rootPropagation: UInt64 = 0
    /// Whether the propagation is for the mounts beneath the root too.
    package var rootPropagationIsRecursive = false
    /// In the order in which they are made.
    package var mounts: [MountPlan] = []
    /// Beyond those that every container has.
    package var devices: [DevicePlan] = []
    /// Paths in the container that can't be read.
    package var maskedPaths: [String] = []
    /// Paths in the container that can't be written.
    package var readonlyPaths: [String] = []
    /// Kernel settings, by dotted key.
    package var sysctls: [SettingPlan] = []

    package init() {}

    package mutating func visit(_ coder: inout PlanCoder) throws {
        try coder.visit(&root)
        try coder.visit(&readonlyRoot)
        try coder.visit(&hostname)
        try coder.visit(&rootPropagation)
        try coder.visit(&rootPropagationIsRecursive)
        try coder.visit(&mounts)
        try coder.visit(&devices)
        try coder.visit(&maskedPaths)
        try coder.visit(&readonlyPaths)
        try coder.visit(&sysctls)
    }
}

/// A device node.
package struct DevicePlan: PlanValue {
    /// Absolute, in the container.
    package var path = ""
    /// S_IFCHR, S_IFBLK or S_IFIFO with the permission bits.
    package var mode: UInt32 = 0
    /// The device's numbers.
    package var major: UInt32 = 0
    /// The device's numbers.
    package var minor: UInt32 = 0
    /// The node's owner.
    package var uid: UInt32 = 0
    /// The node's group.
    package var gid: UInt32 = 0

    package init() {}

    package mutating func visit(_ coder: inout PlanCoder) throws {
        try coder.visit(&path)
        try coder.visit(&mode)
        try coder.visit(&major)
        try coder.visit(&minor)
        try coder.visit(&uid)
        try coder.visit(&gid)
    }
}

/// A key with a text.
package struct SettingPlan: PlanValue {
    /// The name.
    package var key = ""
    /// The value.
    package var value = ""

    package init() {}

    package mutating func visit(_ coder: inout PlanCoder) throws {
        try coder.visit(&key)
        try coder.visit(&value)
    }
}

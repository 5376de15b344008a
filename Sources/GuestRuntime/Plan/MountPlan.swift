/// One mount of a container, its options already understood.
package struct MountPlan: PlanValue, Equatable {
    /// Absolute, in the container.
    package var destination = ""
    /// A path of the guest for a bind mount, else what the file system calls its source.
    package var source = ""
    /// The file system's type; unused for a bind mount.
    package var type = ""
    /// What the option texts mean.
    package var options = MountOptions()

    package init() {}

    package mutating func visit(_ coder: inout PlanCoder) throws {
        try coder.visit(&destination)
        try coder.visit(&source)
        try coder.visit(&type)
        try coder.visit(&options)
    }
}

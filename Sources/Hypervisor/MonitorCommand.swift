/// A rendered plan: what is executed, and which descriptors it inherits.
package struct MonitorCommand: Sendable, Equatable {
    /// The binary.
    package var executable: String
    /// The argument vector, `argv[0]` included.
    package var arguments: [String]
    /// The inherited descriptors beyond the standard three: the first is number 3, the next 4, and so on.
    package var descriptors: [PlannedDescriptor]

    /// The number of the first inherited descriptor.
    package static let firstDescriptor: Int32 = 3

    /// Makes a command.
    package init(executable: String, arguments: [String], descriptors: [PlannedDescriptor]) {
        self.executable = executable
        self.arguments = arguments
        self.descriptors = descriptors
    }
}

/// Hands out descriptor numbers while a plan is rendered.
package struct DescriptorNumbers: Sendable {
    /// The descriptors so far, in the order of their numbers.
    package private(set) var descriptors: [PlannedDescriptor] = []

    /// Starts with none.
    package init() {}

    /// The number of a descriptor; the next free one when it is asked for the first time.
    package mutating func number(of descriptor: PlannedDescriptor) -> Int32 {
        let index = descriptors.firstIndex(of: descriptor) ?? descriptors.count
        if index == descriptors.count { descriptors.append(descriptor) }
        return MonitorCommand.firstDescriptor + Int32(index)
    }
}

/// An IOMMU group.
package struct GroupEntry: Sendable, Equatable {
    package var number: Int
    /// The kind of its default domain; nil where the kernel does not tell.
    package var type: String?
    /// The sandbox that has it; nil for none.
    package var owner: OwnerEntry?
    /// Why a pod that asks for the whole group would not get it; empty if it would.
    package var reasons: [String]
    /// Its PCI functions, bridges too, by address.
    package var functions: [FunctionEntry]
    /// The UUIDs of its mediated devices.
    package var mediated: [String]
    /// Its other members, and those that can't be read.
    package var others: [OtherEntry]
}

/// A member of a group that is no PCI function or mediated device, or that can't be read.
package struct OtherEntry: Sendable, Equatable {
    /// Its name in sysfs.
    package var name: String
    /// Why it can't be read; nil if it can.
    package var problem: String?
}

/// A sandbox that has a group.
package struct OwnerEntry: Sendable, Equatable {
    /// What the group's lock says.
    package var key: String
    /// The sandbox's full id; nil if its state folder has gone.
    package var sandbox: String?
    /// containerd's namespace.
    package var namespace: String?
    /// The socket of the sandbox's containerd.
    package var containerd: String?
}

extension GroupEntry: Encodable {
    private enum Key: String, CodingKey {
        case number, type, owner, passable, reasons, functions, mediated, others
    }

    /// Writes every key always, null where there is nothing.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(number, forKey: .number)
        try container.encode(type, forKey: .type)
        try container.encode(owner, forKey: .owner)
        try container.encode(reasons.isEmpty, forKey: .passable)
        try container.encode(reasons, forKey: .reasons)
        try container.encode(functions, forKey: .functions)
        try container.encode(mediated, forKey: .mediated)
        try container.encode(others, forKey: .others)
    }
}

extension OtherEntry: Encodable {
    private enum Key: String, CodingKey {
        case name, problem
    }

    /// Writes every key always, null where there is nothing.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encode(problem, forKey: .problem)
    }
}

extension OwnerEntry: Encodable {
    private enum Key: String, CodingKey {
        case key, sandbox, namespace, containerd
    }

    /// Writes every key always, null where there is nothing.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(key, forKey: .key)
        try container.encode(sandbox, forKey: .sandbox)
        try container.encode(namespace, forKey: .namespace)
        try container.encode(containerd, forKey: .containerd)
    }
}

package import RuntimeErrors

/// A name that containerd has given to something, checked once where it enters.
///
/// 1 to 76 letters, digits, `_`, `.` or `-`, a letter or digit first: containerd's own limits, which also
/// make every id a safe file name. The only way to make one is the check.
package struct Identifier<Kind: IdentifierKind>: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package var description: String { rawValue }

    /// - Throws: `RuntimeError` with `.invalidArgument` if `text` is no id.
    package init(parsing text: String) throws(RuntimeError) {
        let longest = 76
        let bytes = text.utf8
        guard (1...longest).contains(bytes.count), let first = bytes.first, first.isASCIIAlphanumeric,
            bytes.allSatisfy({ $0.isASCIIAlphanumeric || "_.-".utf8.contains($0) })
        else {
            throw RuntimeError(
                .invalidArgument,
                "can't use \(excerpt(text)) as \(Kind.noun) id: an id is 1 to \(longest) letters, digits, "
                    + "'_', '.' or '-', a letter or digit first; give another one")
        }
        rawValue = text
    }

    /// The id of something else that has the same name.
    private init<Other>(_ other: Identifier<Other>) {
        rawValue = other.rawValue
    }
}

/// What an id is the name of.
package protocol IdentifierKind: Sendable {
    /// The noun with its article, for messages.
    static var noun: String { get }
}

/// Containers.
package enum ContainerKind: IdentifierKind {
    package static let noun = "a container"
}

/// Sandboxes.
package enum SandboxKind: IdentifierKind {
    package static let noun = "a sandbox"
}

/// Processes that are added to a container.
package enum ExecKind: IdentifierKind {
    package static let noun = "an exec"
}

/// The id of a container, unique within its containerd namespace.
package typealias ContainerID = Identifier<ContainerKind>

/// The id of a sandbox: that of its first container.
package typealias SandboxID = Identifier<SandboxKind>

/// The id of a process that was added to a container, unique within the container.
package typealias ExecID = Identifier<ExecKind>

extension ContainerID {
    /// The id of the sandbox that has this container as its first.
    package var asSandbox: SandboxID { SandboxID(self) }
}

extension SandboxID {
    /// The id of the container that is the first of this sandbox.
    package var asContainer: ContainerID { ContainerID(self) }
}

package import RuntimeErrors

/// What part a container plays in a pod, as the annotations of its specification say.
package enum ContainerType: Sendable, Equatable {
    /// A container that stands alone, in a sandbox of its own.
    case single
    /// The container that makes the sandbox of a pod (the "pause" container).
    case sandbox
    /// A further container of the sandbox that is named.
    case container(of: SandboxID)
}

extension ContainerType {
    /// How a manager of pods marks its containers.
    private struct Dialect {
        var typeKey: String
        var sandboxKey: String
    }

    private static let dialects = [
        Dialect(typeKey: "io.kubernetes.cri.container-type", sandboxKey: "io.kubernetes.cri.sandbox-id"),
        Dialect(typeKey: "io.kubernetes.cri-o.ContainerType", sandboxKey: "io.kubernetes.cri-o.SandboxID"),
    ]

    /// Reads the marks of containerd's CRI plugin and of CRI-O.
    ///
    /// - Throws: `RuntimeError` with `.invalidArgument` if a type is not known, if the sandbox of a
    ///   container is not named, or if the two dialects contradict one another.
    package init(annotations: [String: String]) throws(RuntimeError) {
        var found: (key: String, type: ContainerType)?
        for dialect in Self.dialects {
            guard let word = annotations[dialect.typeKey] else { continue }
            let type = try Self.parse(word, dialect, annotations)
            if let found, found.type != type {
                throw RuntimeError(
                    .invalidArgument,
                    "can't tell the type of the container: annotations '\(found.key)' and "
                        + "'\(dialect.typeKey)' contradict one another; keep one of them")
            }
            found = (dialect.typeKey, type)
        }
        self = found?.type ?? .single
    }

    private static func parse(
        _ word: String, _ dialect: Dialect, _ annotations: [String: String]
    ) throws(RuntimeError) -> ContainerType {
        switch word {
        case "sandbox":
            return .sandbox
        case "container":
            guard let id = annotations[dialect.sandboxKey] else {
                throw RuntimeError(
                    .invalidArgument,
                    "can't place the container: annotation '\(dialect.typeKey)' says that it belongs to a "
                        + "sandbox and '\(dialect.sandboxKey)' is missing; add it")
            }
            return .container(of: try SandboxID(parsing: id))
        default:
            throw RuntimeError(
                .invalidArgument,
                "can't tell the type of the container: annotation '\(dialect.typeKey)' is \(excerpt(word)); "
                    + "it is 'sandbox' or 'container'")
        }
    }
}

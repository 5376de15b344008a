/// A service: its name on the wire and its methods.
public struct ServiceDescription: Sendable {
    /// The name on the wire, with the protobuf package: `containerd.task.v2.Task`.
    public let name: String

    /// The methods, by name.
    let methods: [String: Method]

    /// Creates a service; of two methods of one name the later counts.
    public init(name: String, methods: [Method]) {
        self.name = name
        self.methods = Dictionary(methods.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    }
}

/// A command of QEMU's machine protocol. The stored properties are its arguments.
protocol QMPCommand: Encodable, Sendable {
    /// What QEMU answers.
    associatedtype Reply: Decodable & Sendable

    /// The name on the wire.
    static var name: String { get }
}

/// The answer of a command that only does something.
struct QMPNothing: Decodable, Sendable {}

/// A command with its number, as it is sent.
struct QMPRequest<Command: QMPCommand>: Encodable, Sendable {
    var id: String
    var command: Command

    private enum Key: String, CodingKey {
        case execute
        case arguments
        case id
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(Command.name, forKey: .execute)
        try container.encode(command, forKey: .arguments)
        try container.encode(id, forKey: .id)
    }
}

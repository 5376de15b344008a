import FoundationEssentials

/// One line from QEMU: a greeting, an answer or an event. What is not asked for is not looked at.
struct QMPMessage: Decodable, Sendable {
    /// What QEMU says first.
    struct Greeting: Decodable, Sendable {
        /// The version, as far as it is of use in messages.
        struct Version: Decodable, Sendable {
            /// The three numbers.
            struct Numbers: Decodable, Sendable {
                var major: Int
                var minor: Int
                var micro: Int
            }

            var qemu: Numbers
        }

        var version: Version
    }

    /// What QEMU did not do, and why.
    struct Failure: Decodable, Sendable {
        /// One of five names, such as `GenericError`.
        var kind: String
        /// A sentence for people.
        var description: String

        private enum CodingKeys: String, CodingKey {
            case kind = "class"
            case description = "desc"
        }
    }

    /// The parts of an event's data that are of use; absent where an event has none, or others.
    struct EventData: Decodable, Sendable {
        var guest: Bool?
        var reason: String?
        var device: String?

        private enum CodingKeys: String, CodingKey {
            case guest
            case reason
            case device
        }

        /// Reads what is there and of the right type: events are many, and an odd one is no error.
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            guest = try? container.decodeIfPresent(Bool.self, forKey: .guest)
            reason = try? container.decodeIfPresent(String.self, forKey: .reason)
            device = try? container.decodeIfPresent(String.self, forKey: .device)
        }
    }

    var greeting: Greeting?
    var id: String?
    var event: String?
    var data: EventData?
    var error: Failure?

    private enum CodingKeys: String, CodingKey {
        case greeting = "QMP"
        case id
        case event
        case data
        case error
    }
}

/// The answer to a command that succeeded.
struct QMPAnswer<Reply: Decodable & Sendable>: Decodable, Sendable {
    var reply: Reply

    private enum CodingKeys: String, CodingKey {
        case reply = "return"
    }
}

/// The socket device between host and guest, in the three forms that hosts offer.
package enum VsockDevice: Sendable, Equatable {
    /// The host kernel's vhost-vsock: the guest's address is unique on the host, and the opened
    /// `/dev/vhost-vsock` is inherited.
    case kernel(cid: UInt32)
    /// A user space daemon behind a vhost-user socket; the host reaches the guest through `hostSocketPath`.
    case vhostUser(cid: UInt32, socketPath: String, hostSocketPath: String)
    /// The monitor itself offers the guest's ports behind a Unix socket.
    case hybrid(cid: UInt32, hostSocketPath: String)

    /// The guest's address; at least 3.
    package var cid: UInt32 {
        switch self {
        case .kernel(let cid), .vhostUser(let cid, _, _), .hybrid(let cid, _): cid
        }
    }
}

extension VsockDevice: Codable {
    private enum Key: String, CodingKey {
        case form
        case cid
        case socketPath
        case hostSocketPath
    }

    /// Reads the flat form that `encode` writes.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let cid = try container.decode(UInt32.self, forKey: .cid)
        switch try container.decode(String.self, forKey: .form) {
        case "kernel": self = .kernel(cid: cid)
        case "vhostUser":
            self = .vhostUser(
                cid: cid, socketPath: try container.decode(String.self, forKey: .socketPath),
                hostSocketPath: try container.decode(String.self, forKey: .hostSocketPath))
        case "hybrid":
            self = .hybrid(
                cid: cid, hostSocketPath: try container.decode(String.self, forKey: .hostSocketPath))
        case let form:
            throw DecodingError.dataCorruptedError(
                forKey: .form, in: container, debugDescription: "'\(form)' is no form of vsock")
        }
    }

    /// Writes `form`, `cid` and the paths of that form.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(cid, forKey: .cid)
        switch self {
        case .kernel: try container.encode("kernel", forKey: .form)
        case .vhostUser(_, let socketPath, let hostSocketPath):
            try container.encode("vhostUser", forKey: .form)
            try container.encode(socketPath, forKey: .socketPath)
            try container.encode(hostSocketPath, forKey: .hostSocketPath)
        case .hybrid(_, let hostSocketPath):
            try container.encode("hybrid", forKey: .form)
            try container.encode(hostSocketPath, forKey: .hostSocketPath)
        }
    }
}

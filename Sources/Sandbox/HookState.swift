import FoundationEssentials
import Glibc

/// What a hook reads of its container from its standard input: "State" of the OCI runtime specification.
struct HookState: Encodable, Sendable, Equatable {
    /// How far the container has come.
    enum Status: String, Encodable, Sendable {
        case creating
        case created
        case running
        case stopped
    }

    /// The version that the container's own specification follows.
    var ociVersion: String
    var id: String
    var status: Status
    /// A process in the pod's network namespace; nil, and left out, once the container has stopped.
    var pid: pid_t?
    /// Absolute path of the bundle.
    var bundle: String
    /// Everything that the container's specification has, in full.
    var annotations: [String: String]

    /// The JSON text.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(self))
    }
}

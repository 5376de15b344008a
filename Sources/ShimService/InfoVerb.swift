import ContainerdProtocol
import SwiftProtobuf

/// `-info`: what the shim says of itself.
package struct InfoVerb: Sendable {
    package init() {}

    /// - Returns: the bytes for standard output: a `containerd.types.RuntimeInfo`.
    package func run() throws -> [UInt8] {
        var info = ContainerdRuntimeInfo()
        info.name = ShimVersion.runtimeName
        info.version.version = ShimVersion.number
        return try info.serializedBytes()
    }
}

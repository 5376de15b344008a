/// The product's names and version, as `-v`, `-info` and the agent's handshake tell them.
package enum ShimVersion {
    /// The runtime type under which containerd finds the shim.
    package static let runtimeName = "io.containerd.swiftlet.v2"
    /// The release.
    package static let number = "0.1.0"
}

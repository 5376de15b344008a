/// The guest's source of entropy.
package struct EntropyDevice: Codable, Sendable, Equatable {
    /// The host's file that feeds it.
    package var sourcePath: String

    /// The file that reads the host kernel's own generator and never waits.
    package static let hostGenerator = "/dev/urandom"

    /// Makes a source of entropy.
    package init(sourcePath: String = hostGenerator) {
        self.sourcePath = sourcePath
    }
}

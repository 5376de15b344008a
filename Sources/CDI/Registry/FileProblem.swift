/// Why a CDI file or folder, or something in it, does not count.
package struct FileProblem: Error, Sendable, Equatable, CustomStringConvertible {
    package let path: String
    /// A clause such as "field 'kind' is missing".
    package let reason: String

    package init(_ path: String, _ reason: String) {
        self.path = path
        self.reason = reason
    }

    /// `'/etc/cdi/gpu.yaml': field 'kind' is missing`.
    package var description: String { "'\(path)': \(reason)" }
}

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

    /// What goes into a message: the first of a list, and how many more there are.
    static func list(_ items: [String]) -> String {
        let more = items.count - CDILimits.listed
        return items.prefix(CDILimits.listed).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }
}

import OCI
import RuntimeErrors

/// What the shim was asked to do, from containerd's Go-style command line.
///
/// Source: the runtime v2 binary contract: `-namespace NS -address SOCK -publish-binary BIN -id ID [-debug]
/// [-bundle DIR] [-socket PATH] [start|delete]`; one or two dashes, `-flag value` or `-flag=value`.
package struct ShimFlags: Equatable, Sendable {
    /// What to do.
    package enum Verb: Equatable, Sendable {
        /// Start, or find, the shim of a sandbox and print its address.
        case start
        /// Remove whatever a dead shim left.
        case delete
        /// Serve the Task API (the shim's own re-execution).
        case serve
        /// Print the version.
        case version
        /// Print `containerd.types.RuntimeInfo`.
        case info
    }

    package var verb = Verb.serve
    package var namespace = ""
    package var id = ""
    package var address = ""
    package var publishBinary = ""
    package var bundle = ""
    package var socket = ""
    package var debug = false

    /// Parses the arguments after the program's name.
    ///
    /// - Throws: `invalidArgument` naming the flag.
    package init(parsing arguments: [String]) throws {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.utf8.first == UInt8(ascii: "-"), argument != "-" else {
                guard rest.isEmpty else {
                    throw RuntimeError(
                        .invalidArgument,
                        "can't parse the command line: '\(argument)' is not the last word; put flags before the verb"
                    )
                }
                try setVerb(argument)
                return
            }
            try setFlag(argument, &rest)
        }
    }

    private mutating func setVerb(_ word: String) throws {
        switch word {
        case "start": verb = .start
        case "delete": verb = .delete
        default:
            throw RuntimeError(
                .invalidArgument,
                "can't run '\(word)': it is not a verb; use start or delete, or none to serve")
        }
    }

    private mutating func setFlag(_ argument: String, _ rest: inout ArraySlice<String>) throws {
        let body = argument.drop { $0 == "-" }
        let name = String(body.prefix { $0 != "=" })
        let inline = body.count > name.count ? String(body.dropFirst(name.count + 1)) : nil
        switch name {
        case "debug": debug = inline != "false"
        case "v", "version": verb = .version
        case "info": verb = .info
        default:
            guard let path = Self.values[name] else {
                throw RuntimeError(
                    .invalidArgument,
                    "can't parse the command line: '\(argument)' is not a flag of a containerd shim")
            }
            guard let value = inline ?? rest.popFirst() else {
                throw RuntimeError(
                    .invalidArgument, "can't parse the command line: flag '-\(name)' has no value")
            }
            self[keyPath: path] = value
        }
    }

    private static var values: [String: WritableKeyPath<ShimFlags, String>] {
        [
            "namespace": \.namespace, "id": \.id, "address": \.address, "publish-binary": \.publishBinary,
            "bundle": \.bundle, "socket": \.socket,
        ]
    }
}

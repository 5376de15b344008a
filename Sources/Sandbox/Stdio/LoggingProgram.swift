/// A program on the host that takes a process's output, as `binary://PATH?ARGUMENTS` names it.
package struct LoggingProgram: Equatable, Sendable {
    /// Its absolute path.
    package let path: String
    /// Its arguments, without its name.
    package let arguments: [String]
    /// Variables of its environment beside those that every logging program gets, `NAME=value` each.
    package let variables: [String]

    /// Names of variables that no URI can set.
    private static let reserved = ["CONTAINER_ID", "CONTAINER_NAMESPACE"]

    /// Reads the query as containerd's shims do: each name is an argument and its value, empty or not, the next
    /// one; of several values of a name the first counts; `env.NAME=value` sets a variable instead. The order is
    /// the query's.
    ///
    /// Nil when the query is not encoded as one.
    init?(path: String, query: [UInt8]) {
        var (arguments, variables, seen) = ([String](), [String](), Set<String>())
        for pair in query.split(separator: UInt8(ascii: "&")) {
            let name = pair.prefix { $0 != UInt8(ascii: "=") }
            guard let key = URIParts.decoded(name, plusIsSpace: true),
                let value = URIParts.decoded(pair.dropFirst(name.count + 1), plusIsSpace: true)
            else { return nil }
            guard seen.insert(key).inserted else { continue }
            guard key.hasPrefix("env.") else {
                arguments += [key, value]
                continue
            }
            let variable = String(key.dropFirst(4))
            if !variable.isEmpty, !Self.reserved.contains(variable) {
                variables.append("\(variable)=\(value)")
            }
        }
        self.path = path
        self.arguments = arguments
        self.variables = variables
    }

    /// The whole environment for the output of process `id`.
    func environment(of id: String, in namespace: String) -> [String] {
        ["CONTAINER_ID=\(id)", "CONTAINER_NAMESPACE=\(namespace)"] + variables
    }
}

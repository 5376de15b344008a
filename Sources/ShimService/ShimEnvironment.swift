import Glibc

/// What containerd tells the shim through the environment.
package struct ShimEnvironment: Sendable, Equatable {
    /// containerd's ttrpc socket, for events; empty when there is none.
    package var ttrpcAddress: String
    /// Whether `MAX_SHIM_VERSION` is set.
    package var setsMaximumVersion: Bool
    /// The whole environment, for the process that serves.
    package var variables: [String]

    /// Reads this process's environment.
    package init() {
        func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        ttrpcAddress = value("TTRPC_ADDRESS") ?? ""
        setsMaximumVersion = value("MAX_SHIM_VERSION") != nil
        variables = []
        var entry = environ
        while let variable = entry.pointee {
            variables.append(String(cString: variable))
            entry += 1
        }
    }
}

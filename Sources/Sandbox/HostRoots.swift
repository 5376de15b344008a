/// Where the host's trees are, in one value, so that every rule can be tried on a fake one.
package struct HostRoots: Sendable, Equatable {
    /// `/run/swiftlet`: a folder for each sandbox.
    package var run: String
    /// `/proc`.
    package var proc: String
    /// `/sys`.
    package var sys: String
    /// `/dev`.
    package var dev: String

    /// The trees below `prefix`; an empty prefix is the host itself.
    package init(prefix: String = "") {
        run = "\(prefix)/run/swiftlet"
        proc = "\(prefix)/proc"
        sys = "\(prefix)/sys"
        dev = "\(prefix)/dev"
    }
}

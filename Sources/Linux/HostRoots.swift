#if DEBUG
    import Glibc
#endif

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
    /// `/etc/cdi` and `/var/run/cdi`, the later one with the last word.
    package var cdi: [String]
    /// Where the names of PCI vendors and devices may be, the best first.
    package var pciNames: [String]

    /// The trees below `prefix`; an empty prefix is the host itself.
    package init(prefix: String = "") {
        run = "\(prefix)/run/swiftlet"
        proc = "\(prefix)/proc"
        sys = "\(prefix)/sys"
        dev = "\(prefix)/dev"
        cdi = ["\(prefix)/etc/cdi", "\(prefix)/var/run/cdi"]
        pciNames = ["\(prefix)/usr/share/misc/pci.ids", "\(prefix)/usr/share/hwdata/pci.ids"]
        self.prefix = prefix
    }

    /// What stands before every path of the host's that others name, such as one in a CDI file.
    package let prefix: String

    /// Where a path of the host's is below these roots.
    package func path(_ path: String) -> String {
        prefix + path
    }

    /// The host's roots; in debug builds the variable `SWIFTLET_HOST_ROOT` puts a fake host in its place.
    package static func ofProcess() -> HostRoots {
        #if DEBUG
            if let prefix = getenv("SWIFTLET_HOST_ROOT") { return HostRoots(prefix: String(cString: prefix)) }
        #endif
        return HostRoots()
    }
}

/// The part of a specification that is about Linux.
package struct LinuxConfiguration: Codable, Sendable, Equatable {
    @Omittable package var uidMappings: [IDMapping]
    @Omittable package var gidMappings: [IDMapping]
    @Omittable package var sysctl: [String: String]
    package var resources: Resources?
    /// A cgroup path, or systemd's `slice:prefix:name`.
    @Omittable package var cgroupsPath: String
    @Omittable package var namespaces: [Namespace]
    @Omittable package var devices: [DeviceNode]
    /// Interfaces to move into the container, by their names outside.
    @Omittable package var netDevices: [String: NetDevice]
    package var seccomp: Seccomp?
    /// `private`, `rslave`, …; empty is the default of the kind of mount.
    @Omittable package var rootfsPropagation: String
    @Omittable package var maskedPaths: [String]
    @Omittable package var readonlyPaths: [String]
    @Omittable package var mountLabel: String
    package var intelRdt: IntelRdt?
    package var personality: Personality?
    @Omittable package var timeOffsets: [String: TimeOffset]

    package init() {}

    /// The first namespace of `kind`, if the container is to be in one of its own or of another's.
    package func namespace(_ kind: Namespace.Kind) -> Namespace? {
        namespaces.first { $0.type == kind.rawValue }
    }
}

/// A namespace to make (no path) or to join.
package struct Namespace: Codable, Sendable, Equatable {
    /// The kinds of the specification, by their names.
    package enum Kind: String, Sendable, CaseIterable {
        case pid, network, mount, ipc, uts, user, cgroup, time
    }

    /// The name of the kind. A string, because an unknown name is reported by the validator.
    @Omittable package var type: String
    @Omittable package var path: String

    package init(_ kind: Kind, path: String = "") {
        type = kind.rawValue
        self.path = path
    }

    /// The kind, or nil for an unknown name.
    package var kind: Kind? { Kind(rawValue: type) }
}

/// A device node to make in the container.
package struct DeviceNode: Codable, Sendable, Equatable {
    @Omittable package var path: String
    /// `b`, `c`, `u` or `p`.
    @Omittable package var type: String
    @WholeNumber package var major: Int64?
    @WholeNumber package var minor: Int64?
    @WholeNumber package var fileMode: UInt32?
    @WholeNumber package var uid: UInt32?
    @WholeNumber package var gid: UInt32?

    package init(path: String, type: String, major: Int64? = nil, minor: Int64? = nil) {
        self.path = path
        self.type = type
        self.major = major
        self.minor = minor
    }
}

/// A network interface to move into the container.
package struct NetDevice: Codable, Sendable, Equatable {
    /// The name inside; empty is the one outside.
    @Omittable package var name: String

    package init(name: String = "") {
        self.name = name
    }
}

/// Cache and memory bandwidth allocation by resctrl.
package struct IntelRdt: Codable, Sendable, Equatable {
    @Omittable package var closID: String
    @Omittable package var l3CacheSchema: String
    @Omittable package var memBwSchema: String
    @Omittable package var enableCMT: Bool
    @Omittable package var enableMBM: Bool
    /// Lines for the group's schemata file.
    @Omittable package var schemata: [String]
    @Omittable package var enableMonitoring: Bool

    package init() {}
}

/// The execution domain, personality(2).
package struct Personality: Codable, Sendable, Equatable {
    /// `LINUX` or `LINUX32`.
    @Omittable package var domain: String
    @Omittable package var flags: [String]

    package init(domain: String) {
        self.domain = domain
    }
}

/// The offset of a clock of a time namespace.
package struct TimeOffset: Codable, Sendable, Equatable {
    @WholeNumber package var secs: Int64?
    @WholeNumber package var nanosecs: UInt32?

    package init(secs: Int64?, nanosecs: UInt32? = nil) {
        self.secs = secs
        self.nanosecs = nanosecs
    }
}

/// The configuration of one container (`config.json`), OCI runtime specification 1.2, Linux only.
///
/// Fields of other platforms and fields that are not known are ignored when read.
package struct Spec: Codable, Sendable, Equatable {
    /// The version of the specification that the document follows, such as `1.2.0`.
    @Omittable package var ociVersion: String
    /// What to run; absent in the specification of a sandbox that has no process of its own.
    package var process: Process?
    /// The root file system.
    package var root: Root?
    @Omittable package var hostname: String
    @Omittable package var domainname: String
    /// In the order in which they are made.
    @Omittable package var mounts: [Mount]
    package var hooks: Hooks?
    @Omittable package var annotations: [String: String]
    package var linux: LinuxConfiguration?

    /// Makes a specification with everything else empty.
    package init(
        ociVersion: String = "1.2.0", process: Process? = nil, root: Root? = nil, mounts: [Mount] = [],
        annotations: [String: String] = [:], linux: LinuxConfiguration? = nil
    ) {
        self.ociVersion = ociVersion
        self.process = process
        self.root = root
        self.mounts = mounts
        self.annotations = annotations
        self.linux = linux
    }
}

/// The root file system of a container.
package struct Root: Codable, Sendable, Equatable {
    /// Absolute, or relative to the bundle.
    @Omittable package var path: String
    @Omittable package var readonly: Bool

    package init(path: String, readonly: Bool = false) {
        self.path = path
        self.readonly = readonly
    }
}

/// One mount of a container.
package struct Mount: Codable, Sendable, Equatable {
    /// Absolute path inside the container.
    @Omittable package var destination: String
    /// File system type; `bind` or empty for a bind mount that the options ask for.
    @Omittable package var type: String
    @Omittable package var source: String
    @Omittable package var options: [String]
    @Omittable package var uidMappings: [IDMapping]
    @Omittable package var gidMappings: [IDMapping]

    package init(destination: String, type: String = "", source: String = "", options: [String] = []) {
        self.destination = destination
        self.type = type
        self.source = source
        self.options = options
    }

    /// Whether the mount makes a file or folder of somewhere else visible at its destination.
    package var isBind: Bool {
        type == "bind" || options.contains("bind") || options.contains("rbind")
    }
}

/// A range of user or group ids of a user namespace.
package struct IDMapping: Codable, Sendable, Equatable {
    @WholeNumber package var containerID: UInt32
    @WholeNumber package var hostID: UInt32
    @WholeNumber package var size: UInt32

    package init(containerID: UInt32, hostID: UInt32, size: UInt32) {
        self.containerID = containerID
        self.hostID = hostID
        self.size = size
    }
}

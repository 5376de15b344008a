/// The limits of a container.
package struct Resources: Codable, Sendable, Equatable {
    /// In the order in which they are applied; later rules win.
    @Omittable package var devices: [DeviceRule]
    package var memory: MemoryLimits?
    package var cpu: CPULimits?
    package var pids: PidsLimit?
    package var blockIO: BlockIOLimits?
    @Omittable package var hugepageLimits: [HugepageLimit]
    package var network: NetworkLimits?
    @Omittable package var rdma: [String: RDMALimit]
    /// Files of cgroup v2 and what to write to them.
    @Omittable package var unified: [String: String]

    package init() {}
}

/// One rule of the device cgroup.
package struct DeviceRule: Codable, Sendable, Equatable {
    @Omittable package var allow: Bool
    /// `a` (or empty) for all, `b` or `c`.
    @Omittable package var type: String
    /// nil or -1 is any.
    @WholeNumber package var major: Int64?
    /// nil or -1 is any.
    @WholeNumber package var minor: Int64?
    /// Letters of `rwm`.
    @Omittable package var access: String

    package init(
        allow: Bool, type: String = "", major: Int64? = nil, minor: Int64? = nil, access: String = "rwm"
    ) {
        self.allow = allow
        self.type = type
        self.major = major
        self.minor = minor
        self.access = access
    }

    /// Denies every access to every device: the rule that a list starts with.
    package static let denyAll = DeviceRule(allow: false, type: "a", access: "rwm")

    /// Whether the rule denies every access to every device, however it is written.
    package var deniesAll: Bool {
        !allow && (type.isEmpty || type == "a") && (major ?? -1) == -1 && (minor ?? -1) == -1
            && (access.isEmpty || Set(access) == ["r", "w", "m"])
    }
}

/// Limits of the pids controller.
package struct PidsLimit: Codable, Sendable, Equatable {
    /// The most processes; 0 or less is no limit.
    @WholeNumber package var limit: Int64?

    package init(limit: Int64?) {
        self.limit = limit
    }
}

/// A limit on huge pages of one size.
package struct HugepageLimit: Codable, Sendable, Equatable {
    /// Such as `2MB`.
    @Omittable package var pageSize: String
    /// Bytes.
    @WholeNumber package var limit: UInt64

    package init(pageSize: String, limit: UInt64) {
        self.pageSize = pageSize
        self.limit = limit
    }
}

/// Network classes of cgroup v1.
package struct NetworkLimits: Codable, Sendable, Equatable {
    @WholeNumber package var classID: UInt32?
    @Omittable package var priorities: [InterfacePriority]

    package init() {}
}

/// The priority of a network interface's traffic.
package struct InterfacePriority: Codable, Sendable, Equatable {
    @Omittable package var name: String
    @WholeNumber package var priority: UInt32

    package init(name: String, priority: UInt32) {
        self.name = name
        self.priority = priority
    }
}

/// Limits of one RDMA device.
package struct RDMALimit: Codable, Sendable, Equatable {
    @WholeNumber package var hcaHandles: UInt32?
    @WholeNumber package var hcaObjects: UInt32?

    package init() {}
}

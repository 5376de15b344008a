package import OCI

/// What a CDI file changes in a container's specification, CDI specification, "Container edits".
package struct ContainerEdits: Sendable, Equatable {
    /// `NAME=value` entries.
    package var env: [String] = []
    package var deviceNodes: [DeviceNodeEdit] = []
    package var mounts: [Mount] = []
    package var hooks: [HookEdit] = []
    package var additionalGids: [UInt32] = []
    package var intelRdt: IntelRdt?
    package var netDevices: [NetDeviceEdit] = []

    package init() {}

    /// Whether nothing is changed.
    package var isEmpty: Bool { self == ContainerEdits() }
}

/// A device node to make in the container.
package struct DeviceNodeEdit: Sendable, Equatable {
    /// Absolute path in the container.
    package var path: String
    /// Absolute path on the host; nil is `path`.
    package var hostPath: String?
    /// `b`, `c`, `u` or `p`; nil is that of the host's node.
    package var type: String?
    /// 0 is that of the host's node.
    package var major: Int64 = 0
    package var minor: Int64 = 0
    /// Permission bits; nil are those of the host's node.
    package var fileMode: UInt32?
    package var permissions = Permissions.some("rwm")
    /// nil is the user of the process.
    package var uid: UInt32?
    /// nil is the group of the process.
    package var gid: UInt32?

    package init(path: String) {
        self.path = path
    }

    /// What the device cgroup lets the container do with a node.
    package enum Permissions: Sendable, Equatable {
        /// Letters of `rwm`, at least one.
        case some(String)
        case none
    }
}

/// A program of the host that a CDI file wants run: never done, only reported.
package struct HookEdit: Sendable, Equatable {
    /// `prestart`, `createRuntime`, …
    package var name: String
    package var hook: Hook
}

/// A network interface of the host to be moved into the container.
package struct NetDeviceEdit: Sendable, Equatable {
    package var hostInterfaceName: String
    /// The name in the container.
    package var name: String
}

package import OCI

/// What an injection did, for the log and for `swiftlet plan`.
package struct InjectionReport: Sendable, Equatable {
    package var devices: [DeviceName] = []
    /// The CDI files that had a say, in order.
    package var files: [String] = []
    package var nodes: [InjectedNode] = []
    /// Entries set in the environment.
    package var env: [String] = []
    package var mounts: [Mount] = []
    package var additionalGids: [UInt32] = []
    /// Interfaces of the host, by name, with the name in the container.
    package var netDevices: [NetDeviceEdit] = []
    package var droppedHooks: [DroppedHook] = []

    package init() {}

    /// One line about all hooks that were dropped, for a warning; nil when there were none.
    package var hooksWarning: String? {
        guard !droppedHooks.isEmpty else { return nil }
        let hooks = droppedHooks.map { "\($0.name) \(excerpt($0.path)) of '\($0.file)'" }
        return "hooks of CDI files are not run, as their programs are for containers on the host: "
            + FileProblem.list(hooks)
    }

    /// One line about files of the host in a container whose device is driven in the guest; nil when there are none.
    package var mountsNote: String? {
        guard !mounts.isEmpty, nodes.contains(where: { $0.hostPath.hasPrefix("/dev/vfio/") }) else {
            return nil
        }
        return "CDI files mount files of the host beside a device that is driven in the guest: "
            + FileProblem.list(mounts.map { excerpt($0.source) })
    }

    /// A node, and where it is on the host.
    package struct InjectedNode: Sendable, Equatable {
        package let node: DeviceNode
        /// As the file names it, without the prefix of a fake host.
        package let hostPath: String
        package let device: DeviceName?
    }

    /// A hook that was not taken over.
    package struct DroppedHook: Sendable, Equatable {
        package let file: String
        /// `createContainer`, …
        package let name: String
        package let path: String
    }
}

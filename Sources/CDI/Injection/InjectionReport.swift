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

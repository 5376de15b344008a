import Configuration
package import AgentClient
import Linux
package import OCI
import RuntimeErrors

/// What becomes of the devices of one container: what its agent is told, and what its spec says in the guest.
package struct ContainerDevices: Sendable, Equatable {
    /// What the agent sets up before it makes the container, in this order.
    package var guestDevices: [GuestDevice] = []
    /// All nodes of the container.
    package var nodes: [DeviceNode] = []
    /// What becomes of bind mounts of device nodes, by position: none of them goes through the share.
    package var mounts: [Int: GuestRewrite.MountChange] = [:]
    /// The rules of the device cgroup, without those for nodes that are gone: in the guest the number may be that of
    /// another device.
    package var rules: [DeviceRule] = []
    /// The environment of its first process.
    package var environment: [String] = []
    /// The names that the guest's own CDI knows the devices by, by key.
    package var annotations: [String: String] = [:]
    /// For the log: what the container goes without.
    package var warnings: [String] = []

    /// No devices.
    package init() {}

    /// Plans the devices of a container by what it claims.
    init(
        of request: ContainerRequest, _ type: ContainerType, _ claims: DeviceClaims,
        _ attached: AttachedDevices, on roots: HostRoots
    ) throws(RuntimeError) {
        // They only name what is left out: a driver that tells them otherwise keeps nobody from starting.
        let minors = (try? MIGMinors(on: roots)) ?? MIGMinors()
        self = try ContainerDevicePlanner(
            request.configuration.devices, attached: attached, minors: minors
        ).plan(
            ContainerDevicePlanner.Request(
                id: request.id.rawValue, type: type, spec: request.spec, requests: claims.nodes,
                named: claims.named))
    }

    /// Takes the devices out of a spec that is to be made fit for the guest, which knows no way to keep them.
    package func takeOut(of spec: inout Spec) {
        spec.process?.env = environment
        spec.linux?.devices = []
        spec.linux?.resources?.devices = rules
    }

    /// Puts what stays into the spec that the guest gets.
    package func putIn(_ guest: inout Spec) {
        if !nodes.isEmpty { guest.linux = guest.linux ?? LinuxConfiguration() }
        guest.linux?.devices = nodes
        guest.annotations.merge(annotations) { _, inner in inner }
    }
}

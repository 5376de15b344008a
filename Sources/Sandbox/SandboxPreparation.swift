import Configuration
package import Hypervisor
package import Linux
import OCI
package import PodNetwork
import RuntimeErrors
import VFIO

/// Everything about a sandbox and its first container that is decided before anything is made: what `Create` carries
/// out, and what `swiftlet plan` shows.
package struct SandboxPreparation: Sendable {
    /// What the first container asks for, as CDI files have changed it.
    package var request: ContainerRequest
    package var claims: DeviceClaims
    package var devices: HostDevicePlan
    package var plan: VMPlan
    /// The devices at the places that the plan gives them.
    package var attached: AttachedDevices
    package var container: ContainerPlan
    /// Whether the kubelet named the devices.
    package var areDevicesKubelets: Bool
    /// One sentence each, for the log.
    package var warnings: [String]

    /// Decides; reads the host, writes nothing.
    ///
    /// - Parameters:
    ///   - source: who names devices.
    ///   - endpoints: the host's functions in the pod's network namespace.
    package init(
        of request: ContainerRequest, for sandbox: SandboxName, devicesFrom source: DeviceClaims.Source,
        endpoints: [PhysicalEndpoint], host: HostFacts, on roots: HostRoots
    ) throws {
        let configuration = request.configuration
        let type = try ContainerType(annotations: request.spec.annotations)
        claims = try DeviceClaims(of: request, type, from: source, on: roots)
            .admitted(by: PortGate(configuration.devices), of: request, on: roots)
        devices = try DeviceSurvey(configuration, on: PCIHost(roots)).plan(claims, endpoints)
        plan = try SandboxPlanner(configuration, host: host).plan(
            sandbox, in: StateFolder(of: sandbox, in: roots), with: devices)
        attached = AttachedDevices(of: plan, devices)
        areDevicesKubelets = if case .kubelet = source { true } else { false }
        self.request = request
        self.request.spec = claims.spec
        let own = try ContainerDevices(of: self.request, type, claims, attached, on: roots)
        container = try ContainerPlanner(configuration: configuration).plan(self.request, own)
        warnings = claims.warnings + devices.warnings + own.warnings
    }
}

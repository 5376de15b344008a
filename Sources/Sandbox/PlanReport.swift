package import Linux
import Configuration
package import Hypervisor
package import OCI
package import PodNetwork

/// What `swiftlet plan` shows: the machine's plan and the spec that the agent would get.
package struct PlanReport: Sendable, Encodable {
    package var plan: VMPlan
    package var spec: Spec

    /// What becomes of devices of the host.
    package var devices: DevicePlanReport

    /// Plans a container's sandbox by the very rules of Create; changes nothing.
    package init(
        _ request: ContainerRequest, sandbox: SandboxName,
        devicesFrom source: DeviceClaims.Source = .annotations,
        endpoints: [PhysicalEndpoint] = [], host: HostFacts, roots: HostRoots
    ) throws {
        try request.checkPodSecurity()
        let preparation = try SandboxPreparation(
            of: request, for: sandbox, devicesFrom: source, endpoints: endpoints, host: host, on: roots)
        plan = preparation.plan
        spec = preparation.container.guestSpec
        devices = try DevicePlanReport(preparation, of: request, on: roots)
    }
}

package import Linux
import Configuration
package import Hypervisor
package import OCI

/// What `swiftlet plan` shows: the machine's plan and the spec that the agent would get.
package struct PlanReport: Sendable, Encodable {
    package var plan: VMPlan
    package var spec: Spec

    /// Plans a container's sandbox by the very rules of Create; changes nothing.
    package init(
        _ request: ContainerRequest, sandbox: SandboxName, host: HostFacts, roots: HostRoots
    ) throws {
        try request.checkPodSecurity()
        plan = try SandboxPlanner(request.configuration, host: host)
            .plan(sandbox, in: StateFolder(of: sandbox, in: roots))
        spec = try ContainerPlanner(configuration: request.configuration).plan(request).guestSpec
    }
}

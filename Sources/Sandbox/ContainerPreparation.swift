import AgentClient
package import Linux
import OCI
package import RuntimeErrors
import Configuration

/// What is done for one container, decided before the guest is asked.
package struct ContainerPreparation: Sendable {
    /// The request as CDI files have changed it.
    package var request: ContainerRequest
    package var plan: ContainerPlan
    /// One sentence each, for the log.
    package var warnings: [String]

    /// What a sandbox has decided for its first container, whose files are in the share already.
    init(first sandbox: SandboxPreparation) {
        request = sandbox.request
        plan = sandbox.container.withoutShares
        warnings = sandbox.warnings
    }

    /// Decides for a further container of a machine. Reads the host, writes nothing.
    ///
    /// - Throws: `RuntimeError`, as for devices that the machine does not have.
    package init(
        of request: ContainerRequest, joining machine: MachineDevices, on roots: HostRoots
    ) throws(RuntimeError) {
        let type = try ContainerType(annotations: request.spec.annotations)
        let claims = try DeviceClaims(of: request, type, from: machine.laterSource, on: roots)
            .admitted(by: PortGate(request.configuration.devices), of: request, on: roots)
        self.request = request
        self.request.spec = claims.spec
        let devices = try ContainerDevices(of: self.request, type, claims, machine.attached, on: roots)
        plan = try ContainerPlanner(configuration: request.configuration).plan(self.request, devices)
        warnings = claims.warnings + devices.warnings
    }
}

/// The devices that a machine was started with, for its further containers.
package struct MachineDevices: Sendable, Equatable {
    package var attached: AttachedDevices
    /// Whether the kubelet said which they are.
    package var areKubelets: Bool

    /// Makes a description; see the properties.
    package init(attached: AttachedDevices = AttachedDevices(), areKubelets: Bool = false) {
        self.attached = attached
        self.areKubelets = areKubelets
    }

    /// Who names devices for a further container.
    var laterSource: DeviceClaims.Source { areKubelets ? .settled : .annotations }
}

extension ContainerRequest {
    /// For messages: "create container 'c1'".
    var creation: String { "create container '\(id.rawValue)'" }
}

import CloudHypervisor
import Configuration
import FakeHost
import Hypervisor
import Linux
import OCI
import PodNetwork
import QEMU
import RuntimeErrors
import VFIO

@testable import Sandbox

/// A sandbox on a fake host: what Create decides, takes and gives back, all but the machine itself.
struct SandboxScene {
    /// The two monitors, which render the same decisions.
    enum Monitor: String, CaseIterable, Sendable {
        case qemu
        case cloudHypervisor

        fileprivate var section: String { self == .qemu ? "hypervisor.qemu" : "hypervisor.clh" }
    }

    let host: FakeHost
    let monitor: Monitor
    let name: SandboxName

    init(_ host: FakeHost, _ monitor: Monitor = .qemu, id: String = "c1") throws {
        self.host = host
        self.monitor = monitor
        name = SandboxName(
            containerdAddress: "/run/c.sock", namespace: "default", id: try ContainerID(parsing: id))
    }

    static let sandboxMarks = [
        "io.kubernetes.cri.container-type": "sandbox", "io.kubernetes.cri.sandbox-name": "p",
        "io.kubernetes.cri.sandbox-namespace": "n",
    ]
    static let memberMarks = [
        "io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.sandbox-id": "c1",
    ]

    /// The configuration with a root port for devices, unless `keys` says otherwise.
    func configuration(
        _ keys: String = "cold_plug_vfio = \"root-port\"", runtime: String = "", security: String = ""
    ) throws -> RuntimeConfiguration {
        let text =
            "[\(monitor.section)]\npath = \"/v\"\nkernel = \"/k\"\ninitrd = \"/i\"\n\(keys)\n[runtime]\n\(runtime)\n"
            + "[security]\n\(security)\n"
        return try RuntimeConfiguration(texts: [ConfigurationText(name: "test", text: text)])
    }

    func request(
        _ annotations: [String: String] = [:], nodes: [DeviceNode] = [], mounts: [Mount] = [],
        env: [String] = [], rules: [DeviceRule] = [], id: String = "c1",
        _ configuration: RuntimeConfiguration? = nil
    ) throws -> ContainerRequest {
        var spec = DeviceScene.spec(nodes, mounts: mounts, rules: rules, env: env)
        spec.annotations = annotations
        spec.root = Root(path: "/rootfs")
        return ContainerRequest(
            id: try ContainerID(parsing: id), bundle: "/bundle", spec: spec, rootfs: [],
            stdio: StdioPaths(stdin: "", stdout: "", stderr: "", terminal: false),
            configuration: try configuration ?? self.configuration())
    }

    func prepare(
        _ request: ContainerRequest, from source: DeviceClaims.Source = .annotations,
        endpoints: [PhysicalEndpoint] = []
    ) throws -> SandboxPreparation {
        try SandboxPreparation(
            of: request, for: name, devicesFrom: source, endpoints: endpoints,
            host: HostFacts(processors: 2, timeStampCounterKilohertz: nil, hasVhostVsock: false),
            on: host.roots)
    }

    /// The command line of what was decided.
    func arguments(_ preparation: SandboxPreparation) throws -> [String] {
        switch monitor {
        case .qemu: return try QEMUCommandLine(preparation.plan).command.arguments
        case .cloudHypervisor:
            let version = try CloudHypervisorVersion("53.0") ?? { throw Absent() }()
            return try CloudHypervisorCommandLine(preparation.plan, version: version).command.arguments
        }
    }

    /// The arguments for host devices.
    func passthrough(_ preparation: SandboxPreparation) throws -> [String] {
        try arguments(preparation).filter {
            $0.hasPrefix("vfio-pci,") || $0.contains("/sys/bus/") && $0.hasPrefix("path=")
        }
    }

    /// The devices of what was decided; nothing is taken yet.
    func bound(_ preparation: SandboxPreparation, _ kernel: FakeKernel) -> BoundDevices {
        BoundDevices(
            preparation.devices, owner: name.key, journal: folder.journal, on: host.roots, writer: kernel,
            limits: Self.limits)
    }

    var folder: StateFolder { StateFolder(of: name, in: host.roots) }

    /// What the verb `delete` does.
    func delete(_ kernel: FakeKernel) throws -> RestoreReport {
        try SandboxCleanup(of: name, roots: host.roots, writer: kernel, limits: Self.limits).run()
    }

    static let limits = Binder.Limits(
        appearance: .milliseconds(20), restore: .milliseconds(200), restoreAll: .seconds(30))

    struct Absent: Error {}
}

import Linux
import ArgumentParser
import CloudHypervisor
import Configuration
import FoundationEssentials
import Hypervisor
import LoopSupport
import OCI
import PodNetwork
import QEMU
import RuntimeErrors
import Sandbox

/// How a plan is printed.
enum PlanFormat: String, ExpressibleByArgument, CaseIterable {
    /// The command line, one argument a line.
    case argv
    /// The plan, the OCI spec as the agent would get it, and what becomes of devices.
    case json
    /// Lines about devices of the host.
    case devices
}

/// `swiftlet plan`: the virtual machine that a bundle would get. Changes nothing.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Print the virtual machine that a bundle would get; change nothing.")

    @Option(help: "The bundle's folder, with its config.json.")
    var bundle: String

    @Option(help: "The configuration file; else the usual places are searched.")
    var config: String?

    @Option(help: "The sandbox's id; else the name of the bundle's folder.")
    var id: String?

    @Option(help: "containerd's socket: with namespace and id it names the sandbox's state folder.")
    var address = "/run/containerd/containerd.sock"

    @Option(help: "containerd's namespace.")
    var namespace = "default"

    @Option(help: "A folder that stands for the host's root: its /run, /proc, /sys and /dev are read.")
    var root = ""

    @Option(help: "The version of the virtual machine monitor to plan for, such as 52.0.")
    var vmmVersion: String?

    @Flag(help: "Plan as a shim does whose containerd logs at level debug.")
    var debug = false

    @Option(
        help:
            "argv: one argument a line; json: all that is decided; devices: what is attached, written and locked for devices."
    )
    var format = PlanFormat.argv

    func run() throws {
        do {
            print(try output())
        } catch let error as RuntimeError {
            throw ValidationFailure(description: error.description)
        }
    }

    private func output() throws -> String {
        let path = bundle.hasPrefix("/") ? bundle : "\(FileManager.default.currentDirectoryPath)/\(bundle)"
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let container = try ContainerID(parsing: id ?? name)
        var request = try ContainerRequest(
            id: container, in: Bundle(path: path), rootfs: [],
            stdio: StdioPaths(stdin: "", stdout: "", stderr: "", terminal: false),
            configuration: try ConfigurationLoader().load(
                path: config, body: nil, environment: configurationEnvironment()))
        if debug { request.configuration.agentDebug = true }
        let sandbox = SandboxName(containerdAddress: address, namespace: namespace, id: container)
        let roots = HostRoots(prefix: root)
        let (source, note) = try deviceSource(of: request)
        var report = try PlanReport(
            request, sandbox: sandbox, devicesFrom: source, endpoints: try endpoints(of: request, roots),
            host: HostFacts(of: roots),
            roots: roots)
        report.devices.warnings += note.map { ["annotations name the devices: \($0)"] } ?? []
        switch format {
        case .json:
            return try json(report)
        case .devices:
            return "\(report.devices)"
        case .argv:
            return try command(report.plan, request.configuration).arguments.joined(separator: "\n")
        }
    }

    /// Who names the devices. The loop has a thread of its own, and is for who has a kubelet to ask.
    private func deviceSource(
        of request: ContainerRequest
    ) throws -> (source: DeviceClaims.Source, note: String?) {
        guard request.configuration.devices.podResourcesSocket != nil else { return (.annotations, nil) }
        return try MainLoop.run { loop in try await DeviceClaims.Source.find(for: request, on: loop) }
    }

    /// The host's functions in the pod's network namespace; none of a fake root.
    private func endpoints(
        of request: ContainerRequest, _ roots: HostRoots
    ) throws -> [PhysicalEndpoint] {
        let path = request.spec.linux?.namespace(.network)?.path ?? ""
        guard !path.isEmpty, root.isEmpty else { return [] }
        return try NetworkScan(try NetworkNamespace.open(path), path: path, roots: roots).endpoints()
    }

    private func command(_ plan: VMPlan, _ configuration: RuntimeConfiguration) throws -> MonitorCommand {
        switch configuration.hypervisor.monitor {
        case .qemu:
            return try QEMUCommandLine(plan).command
        case .cloudHypervisor:
            guard let vmmVersion else { return try CloudHypervisorCommandLine(plan).command }
            guard let version = CloudHypervisorVersion(vmmVersion) else {
                throw RuntimeError(
                    .invalidArgument,
                    "can't plan for version '\(vmmVersion)': it is not a version; give one such as 52.0")
            }
            return try CloudHypervisorCommandLine(plan, version: version).command
        }
    }
}

/// A failure in the words of the product, without the parser's usage text.
struct ValidationFailure: Error, CustomStringConvertible {
    let description: String
}

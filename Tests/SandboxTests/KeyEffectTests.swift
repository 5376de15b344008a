import Linux
import CloudHypervisor
import Configuration
import FakeHost
import Foundation
import Hypervisor
import OCI
import QEMU
import RuntimeErrors
import SharedFilesystem
import Testing

@testable import Sandbox

/// One key, a change of it, and where the change shows.
struct KeyEffect: Sendable, CustomTestStringConvertible {
    /// Where a change of a key shows.
    enum Sight: Sendable {
        /// In the monitor's command line.
        case argv
        /// In the machine's plan only: what the runtime does itself.
        case plan
        /// In the command line of the daemon that serves the share.
        case fileServer
        /// In the specification that the guest gets.
        case guestSpec
        /// In a value that a source file uses under this name, where the effect takes a running sandbox.
        case used(_ name: String, _ file: String, @Sendable (RuntimeConfiguration) -> String)
        /// In an error: the change is refused, or what is observed under it.
        case refused
        /// In an error that is no more.
        case allowed
    }

    var key: String
    var sight: Sight
    /// Lines of the key's section before the change.
    var before: String
    /// Lines of the key's section after it.
    var after: String
    /// Lines of the monitor's section, for a key of another one.
    var monitor: String
    /// Whether the pod asks for a GPU of a host that has one, and names a node that no guest has.
    var hasDevices: Bool

    init(
        _ key: String, _ value: String, _ sight: Sight, beside: String = "", monitor: String = "",
        hasDevices: Bool = false
    ) {
        self.key = key
        self.sight = sight
        self.monitor = monitor
        self.hasDevices = hasDevices
        before = beside
        after = "\(beside)\n\(key) = \(value)"
    }

    var testDescription: String { key }

    static let common = [
        KeyEffect("kernel", #""/k""#, .argv),
        KeyEffect("initrd", #""/i""#, .argv),
        KeyEffect("image", #""/i""#, .argv),
        KeyEffect("rootfs_type", #""erofs""#, .argv, beside: #"image = "/i""#),
        KeyEffect("kernel_params", #""a=b""#, .argv),
        KeyEffect("default_vcpus", "3", .argv),
        KeyEffect("default_maxvcpus", "2", .argv, beside: "default_vcpus = -1"),
        KeyEffect("default_memory", "512", .argv),
        KeyEffect("enable_hugepages", "true", .argv),
        KeyEffect("shared_fs", #""virtio-9p""#, .refused),
        KeyEffect("virtio_fs_daemon", #""/v""#, .fileServer),
        KeyEffect("virtio_fs_cache", #""never""#, .fileServer),
        KeyEffect("virtio_fs_extra_args", #"["--posix-acl"]"#, .fileServer),
        KeyEffect("entropy_source", #""/dev/random""#, .argv),
        KeyEffect("enable_debug", "true", .argv),
        KeyEffect("console_log_limit", "64", .plan),
        // The pod asks for it, see `observe`.
        KeyEffect("enable_annotations", #"["default_memory"]"#, .argv),
        KeyEffect("cold_plug_vfio", #""root-port""#, .allowed, hasDevices: true),
        KeyEffect(
            "hot_plug_vfio", #""root-port""#,
            .used("devices.hotPlug", "Sandbox/Devices/DeviceSurvey.swift") { "\($0.devices.hotPlug)" }),
        KeyEffect("iommufd", #""off""#, .argv, beside: port, hasDevices: true),
    ]

    private static let port = #"cold_plug_vfio = "root-port""#

    static let all: [ConfigurationKey.Section: [KeyEffect]] = [
        .qemu: common + [
            KeyEffect("path", #""/q""#, .argv),
            KeyEffect("machine_type", #""microvm""#, .argv),
            KeyEffect("accelerator", #""tcg""#, .argv),
            KeyEffect("cpu_features", #""pmu=off""#, .argv),
            KeyEffect("firmware", #""/f""#, .argv),
            KeyEffect("seccompsandbox", #""off""#, .refused),
            KeyEffect(
                "vhost_user_vsock_daemon", #""/d""#,
                .used("configuration.vsockDaemon", "Sandbox/SandboxMachine+Preparation.swift") {
                    $0.vsockDaemon
                }),
            KeyEffect("pcie_root_port", "2", .argv),
            KeyEffect("pcie_switch_port", "2", .argv),
            KeyEffect("enable_iommu", "true", .argv),
        ],
        .cloudHypervisor: common + [
            KeyEffect("path", #""/c""#, .argv),
            KeyEffect("enable_iommu", "true", .plan),
        ],
        .agent: [
            KeyEffect(
                "dial_timeout", "7",
                .used("configuration.dialTimeout", "Sandbox/SandboxMachine+Boot.swift") {
                    "\($0.dialTimeout)"
                }),
            KeyEffect("debug_console_enabled", "true", .argv),
            KeyEffect(
                "kernel_modules", #"["loop"]"#,
                .used("configuration.kernelModules", "Sandbox/SandboxMachine+Boot.swift") {
                    "\($0.kernelModules)"
                }),
            KeyEffect("enable_debug", "true", .argv),
        ],
        .runtime: [
            KeyEffect(
                "create_container_timeout", "7",
                .used("configuration.createContainerDeadline", "Sandbox/PodSandbox+Containers.swift") {
                    "\($0.createContainerDeadline)"
                }),
            KeyEffect("disable_guest_seccomp", "true", .guestSpec),
            KeyEffect(
                "enable_debug", "true",
                .used("configuration.debug", "ShimService/TaskHandler.swift") { "\($0.debug)" }),
            KeyEffect(
                "shim_api_version", "2",
                .used("shimAPIVersion", "ShimService/StartVerb.swift") { "\($0.shimAPIVersion ?? 0)" }),
            KeyEffect(
                "vfio_mode", #""vfio""#, .argv, monitor: "\(port)\nenable_iommu = true", hasDevices: true),
            KeyEffect(
                "pod_resource_api_sock", #""/s""#,
                .used("podResourcesSocket", "Sandbox/Devices/DeviceClaims+Source.swift") {
                    "\($0.devices.podResourcesSocket ?? "")"
                }),
            KeyEffect("cdi_without_port", #""warn""#, .allowed, hasDevices: true),
            KeyEffect("host_device_nodes", #""refuse""#, .refused, monitor: port, hasDevices: true),
            KeyEffect(
                "cdi_kinds", #"["0x10de:0x03=example.com/gpu"]"#, .guestSpec, monitor: port, hasDevices: true),
        ],
        .security: [
            // The container's specification has none of what an ordinary pod has.
            KeyEffect("pod_security", #""restricted""#, .refused),
            // Another user has no capability to change its root.
            KeyEffect("vmm_user", "1000", .argv),
            KeyEffect(
                "vmm_group", "7",
                .used("configuration.security.monitorUser", "Sandbox/MonitorIdentity.swift") {
                    "\($0.security.monitorUser?.group ?? 0)"
                }, beside: "vmm_user = 1000"),
        ],
    ]
}

/// Every key that counts as supported changes something that can be seen.
@Suite struct KeyEffectTests {
    private struct Observation {
        var argv: [String]
        var plan: String
        var fileServer: [String]
        var guestSpec: String
        var configuration: RuntimeConfiguration
    }

    private func configuration(
        _ lines: String, in section: ConfigurationKey.Section, beside monitor: String
    ) throws -> RuntimeConfiguration {
        let monitor = section.group == "hypervisor" ? "" : "[hypervisor.qemu]\n\(monitor)\n"
        let text = "\(monitor)[\(section.rawValue)]\n\(lines)\n"
        return try RuntimeConfiguration(texts: [ConfigurationText(name: "test", text: text)])
    }

    private func observe(
        _ lines: String, in section: ConfigurationKey.Section, monitor: String = "", hasDevices: Bool = false
    ) throws -> Observation {
        let name = SandboxName(
            containerdAddress: "/run/c.sock", namespace: "default", id: try ContainerID(parsing: "c1"))
        var annotations = ["io.katacontainers.config.hypervisor.default_memory": "300"]
        let devices = hasDevices ? try FakeHost.withGPU() : nil
        if devices != nil { annotations["cdi.k8s.io/vfio0"] = "nvidia.com/pgpu=0" }
        let bundle = try TestBundle(
            annotations: annotations, nodes: hasDevices ? [("/dev/foreign", "c", 300, 1)] : [])
        let request = try bundle.request(try configuration(lines, in: section, beside: monitor))
        let report = try PlanReport(
            request, sandbox: name,
            host: HostFacts(processors: 4, timeStampCounterKilohertz: 2_900_000, hasVhostVsock: false),
            roots: devices?.roots ?? HostRoots(prefix: "/fake"))
        let command =
            if case .qemu = request.configuration.hypervisor.monitor {
                try QEMUCommandLine(report.plan).command
            } else {
                try CloudHypervisorCommandLine(report.plan).command
            }
        let server = try VirtiofsOptions(request.configuration.hypervisor.virtiofsd, for: name)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return Observation(
            argv: command.arguments, plan: String(decoding: try encoder.encode(report.plan), as: UTF8.self),
            fileServer: [server.executable] + server.arguments,
            guestSpec: String(decoding: try encoder.encode(report.spec), as: UTF8.self),
            configuration: request.configuration)
    }

    @Test(arguments: ConfigurationKey.Section.allCases)
    func everySupportedKeyIsInTheTable(section: ConfigurationKey.Section) {
        let supported = ConfigurationKey.all.filter { $0.sections.contains(section) }.map(\.name)
        #expect(KeyEffect.all[section]?.map(\.key).sorted() == supported.sorted())
    }

    @Test(arguments: ConfigurationKey.Section.allCases)
    func everyChangeShows(section: ConfigurationKey.Section) throws {
        for effect in try #require(KeyEffect.all[section]) {
            func observe(_ lines: String) throws -> Observation {
                try self.observe(lines, in: section, monitor: effect.monitor, hasDevices: effect.hasDevices)
            }
            switch effect.sight {
            case .refused:
                #expect(throws: RuntimeError.self, "\(effect.key)") { try observe(effect.after) }
                continue
            case .allowed:
                #expect(throws: RuntimeError.self, "\(effect.key)") { try observe(effect.before) }
                #expect(throws: Never.self, "\(effect.key)") { try observe(effect.after) }
                continue
            default: break
            }
            let (before, after) = (try observe(effect.before), try observe(effect.after))
            switch effect.sight {
            case .argv: #expect(before.argv != after.argv, "\(effect.key)")
            case .plan:
                #expect(before.plan != after.plan, "\(effect.key)")
                #expect(before.argv == after.argv, "\(effect.key)")
            case .fileServer: #expect(before.fileServer != after.fileServer, "\(effect.key)")
            case .guestSpec: #expect(before.guestSpec != after.guestSpec, "\(effect.key)")
            case .used(let name, let file, let value):
                #expect(value(before.configuration) != value(after.configuration), "\(effect.key)")
                let source = TestBundle.repository.appendingPathComponent("Sources/\(file)")
                #expect(try String(contentsOf: source, encoding: .utf8).contains(name), "\(effect.key)")
            case .refused, .allowed: break
            }
        }
    }

    /// What the configuration lets through the daemon's own list of options takes too.
    @Test(arguments: [
        "--allow-direct-io", "--allow-mmap", "--announce-submounts", "--killpriv-v2", "--log-level=info",
        "--no-announce-submounts", "--no-killpriv-v2", "--no-readdirplus", "--posix-acl",
        "--preserve-noatime",
        "--security-label", "--thread-pool-size=1", "--writeback",
    ])
    func bothListsOfDaemonOptionsAgree(option: String) throws {
        let after = try observe("virtio_fs_extra_args = [\"\(option)\"]", in: .qemu)
        #expect(after.fileServer.last == option)
    }
}

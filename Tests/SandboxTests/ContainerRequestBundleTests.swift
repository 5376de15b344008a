import Linux
import CloudHypervisor
import Configuration
import Foundation
import Hypervisor
import OCI
import QEMU
import RuntimeErrors
import SharedFilesystem
import Testing

@testable import Sandbox

@Suite struct ContainerRequestBundleTests {
    private let prefix = "io.katacontainers.config."
    private let name: SandboxName

    init() throws {
        name = SandboxName(
            containerdAddress: "/run/c.sock", namespace: "default", id: try ContainerID(parsing: "c1"))
    }

    private func configuration(_ section: String, _ lines: String = "") throws -> RuntimeConfiguration {
        try RuntimeConfiguration(texts: [ConfigurationText(name: "test", text: "[\(section)]\n\(lines)\n")])
    }

    /// All that is executed for a request: the monitor's command line and the file server's.
    private func commandLines(_ request: ContainerRequest) throws -> [String] {
        let report = try PlanReport(
            request, sandbox: name,
            host: HostFacts(processors: 4, timeStampCounterKilohertz: 2_900_000, hasVhostVsock: false),
            roots: HostRoots(prefix: "/fake"))
        let monitor =
            if case .qemu = request.configuration.hypervisor.monitor {
                try QEMUCommandLine(report.plan).command
            } else {
                try CloudHypervisorCommandLine(report.plan).command
            }
        let server = try VirtiofsOptions(request.configuration.hypervisor.virtiofsd, for: name)
        return monitor.arguments + [server.executable] + server.arguments
    }

    /// Every annotation that Kata Containers reads, in either edition, and the names of all other keys.
    private var names: [String] {
        let keys = ConfigurationKey.all.flatMap { key in
            key.sections.flatMap { section in ([key.name] + key.aliases).map { "\(section.group).\($0)" } }
        }
        let foreign = ["hypervisor", "agent", "runtime"].flatMap { group in
            ForeignKey.all(in: group).map { "\(group).\($0.name)" }
        }
        let onlyInAnnotations = [
            "blk_logical_sector_size", "blk_physical_sector_size", "block_device_num_queues",
            "block_device_queue_size", "cc_init_data", "firmware_hash", "image_hash", "initrd_hash",
            "jailer_hash", "kernel_hash", "path_hash", "enable_annotations",
        ].map { "hypervisor.\($0)" }
        return Set(keys + foreign + onlyInAnnotations).sorted().map { prefix + $0 }
            + [
                "io.katacontainers.config_path", "io.katacontainers.pkg.oci.bundle_path",
                "io.katacontainers.pkg.oci.container_type",
                "io.katacontainers.container.resource.swappiness",
                "io.katacontainers.container.resource.swap_in_bytes",
            ]
    }

    /// GHSA-rr59-xxvx-96qr: with nothing enabled no annotation changes a byte of any command line.
    @Test(arguments: ["hypervisor.qemu", "hypervisor.clh"])
    func noAnnotationReachesACommandLine(section: String) throws {
        let configuration = try configuration(section)
        let plain = try commandLines(try TestBundle().request(configuration))
        #expect(names.count > 150)
        for value in ["true", "7", "/evil", "-o sandbox=none,modcaps=+sys_admin", #"["--sandbox=none"]"#] {
            for name in names {
                let request = try TestBundle(annotations: [name: value]).request(configuration)
                #expect(try commandLines(request) == plain, "\(name) = \(value)")
                #expect(request.configuration == configuration, "\(name) = \(value)")
                #expect(request.ignoredAnnotations == (name.hasPrefix(prefix) ? [name] : []))
            }
            let all = Dictionary(uniqueKeysWithValues: names.map { ($0, value) })
            let request = try TestBundle(annotations: all).request(configuration)
            #expect(try commandLines(request) == plain, "all = \(value)")
        }
    }

    @Test func whatIsEnabledCounts() throws {
        let configuration = try configuration("hypervisor.qemu", #"enable_annotations = ["default_memory"]"#)
        let bundle = try TestBundle(annotations: [
            prefix + "hypervisor.default_memory": "300", prefix + "hypervisor.kernel_params": "init=/evil",
        ])
        let request = try bundle.request(configuration)
        #expect(request.configuration.hypervisor.defaultMemory == 300)
        #expect(request.ignoredAnnotations == [prefix + "hypervisor.kernel_params"])
        #expect(try commandLines(request).contains("300M"))
    }

    @Test func anUnusableValueIsAnError() throws {
        let configuration = try configuration("hypervisor.qemu", #"enable_annotations = ["default_memory"]"#)
        let bundle = try TestBundle(annotations: [prefix + "hypervisor.default_memory": "1"])
        let error = #expect(throws: RuntimeError.self) { try bundle.request(configuration) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("the value '1' is unusable; give a whole number from 64") == true)
    }

    @Test func whatTheSpecAsksForInVainIsRemarked() throws {
        let configuration = try configuration("hypervisor.qemu")
        #expect(try TestBundle(capabilities: ["CAP_CHOWN"]).request(configuration).remarks == [])
        let remarks = try TestBundle(capabilities: ["CAP_LATER"]).request(configuration).remarks
        #expect(remarks.count == 1)
        #expect(remarks.first?.contains("CAP_LATER") == true)
    }
}

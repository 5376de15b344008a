import Linux
import Configuration
import Hypervisor
import OCI
import Testing

@testable import Sandbox

@Suite struct SandboxPlannerTests {
    private let name: SandboxName
    private let roots = HostRoots(prefix: "/fake")

    init() throws {
        name = SandboxName(
            containerdAddress: "/run/c.sock", namespace: "default", id: try ContainerID(parsing: "c1"))
    }

    private func plan(
        _ keys: String = "", vhostVsock: Bool = false, section: String = "hypervisor.qemu"
    ) throws -> VMPlan {
        let text = """
            [\(section)]
            path = "/usr/bin/vmm"
            kernel = "/g/vmlinux"
            initrd = "/g/initrd"
            \(keys)
            """
        let configuration = try RuntimeConfiguration(texts: [ConfigurationText(name: "test", text: text)])
        let host = HostFacts(processors: 4, timeStampCounterKilohertz: 2_900_000, hasVhostVsock: vhostVsock)
        return try SandboxPlanner(configuration, host: host).plan(name, in: StateFolder(of: name, in: roots))
    }

    @Test func everyPathIsInTheSandboxesFolder() throws {
        let plan = try plan(#"accelerator = "tcg""#)
        let folder = "/fake/run/swiftlet/\(name.key)"
        #expect(plan.control.path == "\(folder)/control.sock")
        #expect(plan.qemu.emptyRoot == "\(folder)/empty")
        let share = plan.devices.compactMap { device -> String? in
            if case .share(let share) = device.device { share.socketPath } else { nil }
        }
        #expect(share == ["\(folder)/share.sock"])
    }

    @Test func vsockFollowsTheHost() throws {
        guard case .vhostUser(3, _, _)? = try plan().vsock else {
            return #expect(Bool(false), "no daemon form")
        }
        guard case .kernel(let cid)? = try plan(vhostVsock: true).vsock else {
            return #expect(Bool(false), "no kernel form")
        }
        #expect(cid >= 3)
        guard case .hybrid? = try plan(section: "hypervisor.clh").vsock else {
            return #expect(Bool(false), "no hybrid form")
        }
    }

    @Test func onlyEmulationIsToldTheClock() throws {
        #expect(try plan(#"accelerator = "tcg""#).processors.hostKilohertz == 2_900_000)
        #expect(try plan(#"accelerator = "kvm""#).processors.hostKilohertz == nil)
    }

    @Test func memoryIsSharedForTheFileServer() throws {
        let plan = try plan("default_memory = 700")
        #expect(plan.memory.mebibytes == 700)
        #expect(plan.memory.shared)
    }
}

import AgentClient
import AgentProtocol
import Configuration
import OCI
import SharedFilesystem
import Testing

@testable import Sandbox

/// The message, not the support class of the same name.
private typealias ProcessMessage = AgentProtocol.AgentProcess

/// S0-11, S3-10, S3-11: what the agent is asked for is what the specification says, on the whole way of a container and
/// of an exec: devices, planner, guest form, message.
@Suite struct ContainerPrivilegeTests {
    private static let names = [
        "AUDIT_WRITE", "BPF", "CHOWN", "DAC_OVERRIDE", "IPC_LOCK", "KILL", "MKNOD", "NET_ADMIN",
        "NET_BIND_SERVICE", "NET_RAW", "PERFMON", "SETUID", "SYS_ADMIN", "SYS_CHROOT", "SYS_PTRACE",
        "SYS_RAWIO",
        "SYS_RESOURCE",
    ].map { "CAP_\($0)" }

    /// A process with random sets: none, some or all of the names.
    private static func process(_ random: inout some RandomNumberGenerator) -> OCI.Process {
        var process = OCI.Process(args: ["true"])
        func some(_ random: inout some RandomNumberGenerator) -> [String] {
            let odds = Int.random(in: 0...4, using: &random)
            return names.filter { _ in Int.random(in: 0..<4, using: &random) < odds }
        }
        process.capabilities = Capabilities(
            bounding: some(&random), effective: some(&random), inheritable: some(&random),
            permitted: some(&random), ambient: some(&random))
        process.noNewPrivileges = Bool.random(using: &random)
        return process
    }

    /// The agent's message for a first process that comes with devices.
    fileprivate static func first(_ process: OCI.Process) throws -> ProcessMessage {
        var spec = DeviceScene.spec([DeviceScene.group(9), DeviceScene.node("/dev/sda", 8, 0, type: "b")])
        spec.process = process
        spec.root = Root(path: "rootfs")
        spec.annotations["cdi.k8s.io/a"] = "nvidia.com/gpu=0"
        let nic = DeviceScene.nic("0000:3b:02.1", group: 9, at: "04/00", guest: "0000:01:00.0")
        try DeviceScene.plan(spec, attached: AttachedDevices(vfio: [nic])).takeOut(of: &spec)
        let text = "[hypervisor.qemu]\npath = \"/q\"\nkernel = \"/k\"\ninitrd = \"/i\"\n"
        let configuration = try RuntimeConfiguration(texts: [ConfigurationText(name: "test", text: text)])
        let request = ContainerRequest(
            id: try ContainerID(parsing: "c1"), bundle: "/bundle", spec: spec,
            rootfs: [RootfsMount(type: "bind", source: "/snap")],
            stdio: StdioPaths(stdin: "", stdout: "", stderr: "", terminal: false),
            configuration: configuration)
        let plan = try ContainerPlanner(configuration: configuration).plan(request)
        return AgentSpec(plan.guestSpec).process
    }

    fileprivate static func expect(_ message: ProcessMessage, _ process: OCI.Process, _ what: String) {
        let sets = process.capabilities ?? Capabilities()
        #expect(message.capabilities.bounding == sets.bounding, "\(what)")
        #expect(message.capabilities.effective == sets.effective, "\(what)")
        #expect(message.capabilities.inheritable == sets.inheritable, "\(what)")
        #expect(message.capabilities.permitted == sets.permitted, "\(what)")
        #expect(message.capabilities.ambient == sets.ambient, "\(what)")
        #expect(message.noNewPrivileges == process.noNewPrivileges, "\(what)")
    }

    @Test func capabilitiesOutAreCapabilitiesIn() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let process = Self.process(&random)
            Self.expect(try Self.first(process), process, "first process: \(process)")
            Self.expect(ProcessMessage(process.forGuest().process), process, "exec: \(process)")
        }
    }

    /// None at all is not the same as no set: an exec then has its container's.
    @Test func noneStayNone() throws {
        let process = OCI.Process(args: ["true"])
        #expect(try !Self.first(process).hasCapabilities)
        #expect(!ProcessMessage(process.forGuest().process).hasCapabilities)
    }

    @Test(arguments: [false, true]) func noNewPrivilegesReachesFirstProcessAndExec(_ value: Bool) throws {
        var process = OCI.Process(args: ["true"])
        process.noNewPrivileges = value
        for message in [try Self.first(process), ProcessMessage(process.forGuest().process)] {
            #expect(message.noNewPrivileges == value && message.hasNoNewPrivileges)
        }
    }
}

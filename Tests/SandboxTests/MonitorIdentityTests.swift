import Configuration
import FakeHost
import Glibc
import Hypervisor
import Linux
import OCI
import RuntimeErrors
import Testing

@testable import Sandbox

@Suite(.enabled(if: getuid() == 0, "needs root to become another user"))
struct MonitorIdentityTests {
    private let host: FakeHost
    private let files: String

    /// A host with a monitor, a kernel and an initial file system that everybody may use.
    init() throws {
        host = try FakeHost()
        files = "\(host.roots.prefix)/files"
        for name in ["vmm", "kernel", "initrd"] { try host.write("", to: "\(files)/\(name)") }
        try allow("vmm", 0o755)
        try host.write("", to: "\(host.roots.dev)/kvm")
        #expect(chmod(host.roots.prefix, 0o755) == 0)
    }

    private func allow(_ name: String, _ mode: mode_t) throws {
        try #require(chmod("\(files)/\(name)", mode) == 0)
    }

    private func setKVM(_ mode: mode_t, group: gid_t) throws {
        try #require(
            chown("\(host.roots.dev)/kvm", 0, group) == 0 && chmod("\(host.roots.dev)/kvm", mode) == 0)
    }

    private func plan(
        _ security: String, accelerator: String = "tcg", more: String = ""
    ) throws -> (VMPlan, RuntimeConfiguration) {
        let text = """
            [hypervisor.qemu]
            path = "\(files)/vmm"
            kernel = "\(files)/kernel"
            initrd = "\(files)/initrd"
            accelerator = "\(accelerator)"
            \(more)
            [security]
            \(security)
            """
        let configuration = try RuntimeConfiguration(texts: [ConfigurationText(name: "test.toml", text: text)]
        )
        let name = SandboxName(
            containerdAddress: "/run/c.sock", namespace: "default", id: try ContainerID(parsing: "c1"))
        let facts = HostFacts(processors: 4, timeStampCounterKilohertz: 2_900_000, hasVhostVsock: false)
        let plan = try SandboxPlanner(configuration, host: facts).plan(
            name, in: StateFolder(of: name, in: host.roots))
        return (plan, configuration)
    }

    private func find(
        _ security: String, accelerator: String = "tcg", more: String = "",
        change: (inout VMPlan) throws -> Void = { _ in }
    ) throws -> ProcessIdentity? {
        var (plan, configuration) = try plan(security, accelerator: accelerator, more: more)
        try change(&plan)
        return try MonitorIdentity.find(for: plan, configuration, host.roots)
    }

    private func refusal(
        _ security: String = "vmm_user = 54321", accelerator: String = "tcg", more: String = "",
        change: (inout VMPlan) throws -> Void = { _ in }
    ) throws -> String {
        let error = #expect(throws: RuntimeError.self) {
            try find(security, accelerator: accelerator, more: more, change: change)
        }
        #expect(error?.code == .failedPrecondition)
        return try #require(error).message
    }

    @Test func withoutAUserItIsRoot() throws {
        #expect(try find("") == nil)
        #expect(try find("vmm_user = 0") == nil)
    }

    @Test func theGroupIsTheUsersUnlessGiven() throws {
        #expect(try find("vmm_user = 54321") == ProcessIdentity(user: 54321, group: 54321))
        #expect(
            try find("vmm_user = 54321\nvmm_group = 7") == ProcessIdentity(user: 54321, group: 7))
    }

    /// To change its root takes a capability that such a monitor has not.
    @Test func itsPlanHasNoEmptyRoot() throws {
        #expect(try plan("vmm_user = 54321").0.qemu.emptyRoot == nil)
        #expect(try plan("").0.qemu.emptyRoot != nil)
    }

    @Test func theGroupOfKVMIsAddedWhereItOpensTheNode() throws {
        try setKVM(0o660, group: 54399)
        let inGroup = ProcessIdentity(user: 54321, group: 54321, supplementaryGroups: [54399])
        #expect(try find("vmm_user = 54321", accelerator: "kvm") == inGroup)
        // Emulation needs no node, and a node for everybody no group.
        #expect(try find("vmm_user = 54321") == ProcessIdentity(user: 54321, group: 54321))
        try setKVM(0o666, group: 54399)
        #expect(
            try find("vmm_user = 54321", accelerator: "kvm") == ProcessIdentity(user: 54321, group: 54321))
    }

    @Test(arguments: [(0o600, 54399), (0o660, 0)] as [(mode_t, gid_t)])
    func aNodeOfRootsIsNotOpenedByRootsGroup(_ mode: mode_t, _ group: gid_t) throws {
        try setKVM(mode, group: group)
        let message = try refusal(accelerator: "kvm")
        #expect(
            message
                == "can't run '\(files)/vmm' as user 54321 with group 54321: it can't open '\(host.roots.dev)/kvm' of "
                + "key 'accelerator' in 'test.toml'; give the node a group of its own that may read and write it, such "
                + "as kvm, or choose another 'vmm_user' in section [security]")
    }

    @Test(arguments: [
        ("vmm", "path", "execute"), ("kernel", "kernel", "read"), ("initrd", "initrd", "read"),
        ("rom", "firmware", "read"), ("noise", "entropy_source", "read"),
    ])
    func aFileThatIsNotForTheUserIsNamed(_ name: String, _ key: String, _ verb: String) throws {
        try host.write("", to: "\(files)/\(name)")
        try allow(name, 0o700)
        let lines = key == "firmware" ? "firmware = \"\(files)/\(name)\"" : ""
        // The source of entropy is one of the host's three nodes: another one stands in.
        func change(_ plan: inout VMPlan) {
            guard key == "entropy_source" else { return }
            for index in plan.devices.indices where plan.devices[index].device.kind == "entropy" {
                plan.devices[index].device = .entropy(EntropyDevice(sourcePath: "\(files)/\(name)"))
            }
        }
        let message = try refusal(more: lines, change: change)
        #expect(
            message
                == "can't run '\(files)/vmm' as user 54321 with group 54321: it can't \(verb) '\(files)/\(name)' of "
                + "key '\(key)' in 'test.toml'; let that user \(verb) it and enter every folder above it, or choose "
                + "another 'vmm_user' in section [security]")
        // Its owner can.
        try #require(chown("\(files)/\(name)", 54321, 0) == 0)
        #expect(try find("vmm_user = 54321", more: lines, change: change) != nil)
    }

    @Test func theImageOfTheGuestIsTriedToo() throws {
        try host.write("", to: "\(files)/image")
        try allow("image", 0o600)
        let message = try refusal(more: "image = \"\(files)/image\"")
        #expect(message.contains("it can't read '\(files)/image' of key 'image'"))
    }

    @Test func aFolderOnTheWayCounts() throws {
        try #require(chmod(files, 0o700) == 0)
        #expect(try refusal().contains("it can't execute '\(files)/vmm'"))
    }

    /// Nodes of host devices are root's.
    @Test(arguments: [VFIOAccess.group, .iommufd, .descriptors])
    func aHostDeviceIsInheritedOrRefused(_ access: VFIOAccess) throws {
        func add(_ plan: inout VMPlan) throws {
            let device = PassthroughDevice(
                host: .pci(try #require(HostPCIAddress(bus: 0x65, slot: 0, function: 0))), access: access)
            let path = try plan.topology.placeOnRoot("vfio0")
            plan.devices.append(PlannedDevice(id: "vfio0", path: path, device: .passthrough(device)))
        }
        guard access != .descriptors else {
            #expect(try find("vmm_user = 54321", change: add) != nil)
            return
        }
        #expect(try refusal(change: add).contains("device 'vfio0' is not opened for it"))
        #expect(try find("", change: add) == nil)
    }

    @Test(arguments: [true, false]) func soIsAUSBDevice(_ isInherited: Bool) throws {
        func add(_ plan: inout VMPlan) throws {
            let device = USBDevice(bus: 1, port: "2", node: "/dev/bus/usb/001/004", isInherited: isInherited)
            let path = try plan.topology.placeOnRoot("usb")
            plan.devices.append(PlannedDevice(id: "usb", path: path, device: .usb([device])))
        }
        if isInherited {
            #expect(try find("vmm_user = 54321", change: add) != nil)
        } else {
            #expect(try refusal(change: add).contains("device 'usb' is not opened for it"))
        }
    }
}

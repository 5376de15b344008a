import AgentProtocol
import FakeHost
import Linux
import LoopSupport
import RuntimeErrors
import Testing

@testable import AgentService
@testable import GuestRuntime

@Suite(.timeLimit(.minutes(5))) struct DevicePreparationTests {
    private func request(_ devices: [AgentDevice]) -> AgentCreateContainerRequest {
        var request = AgentCreateContainerRequest()
        request.devices = devices
        request.oci.linux.devices = [
            node("/dev/xvda", "b", 8, 1), node("/dev/vfio/7", "c", 240, 3),
            node("/dev/vfio/vfio", "c", 10, 196),
            node("/dev/vfio/4", "c", 240, 9),
        ]
        request.oci.linux.resources.devices = [
            rule(false, "a", -1, -1), rule(true, "b", 8, 1, "r"), rule(true, "c", 240, 3),
            rule(true, "c", 10, 196),
        ]
        request.oci.process.env = ["PCIDEVICE_A=0000:3b:00.1,0000:4b:00.0"]
        return request
    }

    private func prepare(
        _ machine: FakeMachine, _ devices: [AgentDevice], timeout: Duration = .seconds(60)
    ) async throws -> PreparedSpec {
        let request = request(devices)
        return try await machine.run {
            $0.hotplugTimeout = timeout
        } _: {
            try await $0.prepare(try DeviceRequests(request, readsVariable: false), request.oci, of: "c")
        }
    }

    @Test func aDiskGetsTheGuestsNumber() async throws {
        let machine = try FakeMachine()
        try machine.addDisk("0000:00:05.0", "253:16")
        let prepared = try await prepare(machine, [device("blk", id: "05", node: "/dev/xvda")])
        #expect(prepared.spec.linux.devices.first == node("/dev/xvda", "b", 253, 16))
        #expect(prepared.spec.linux.devices.count == 4)
        #expect(
            prepared.spec.linux.resources.devices == [
                rule(false, "a", -1, -1), rule(true, "b", 253, 16, "r"), rule(true, "c", 240, 3),
                rule(true, "c", 10, 196),
            ])
        // A rule that the host sends later, in an update of limits.
        let later = try GuestRuntime.DeviceRule(allow: true, type: "b", major: 8, minor: 1, access: "rw")
        #expect(prepared.numbers.translated([later]).map(\.minor) == [16])
    }

    @Test func whatComesLateIsWaitedFor() async throws {
        let machine = try FakeMachine()
        let late = Task {
            try await Task.sleep(for: .milliseconds(100))
            try machine.host.add(FakeFunction(pci("0000:00:05.0"), driver: "virtio-pci"))
            try await Task.sleep(for: .milliseconds(100))
            try machine.giveDisk("0000:00:05.0", "253:0")
        }
        let prepared = try await prepare(machine, [device("blk", id: "05", node: "/dev/xvda")])
        try await late.value
        #expect(prepared.spec.linux.devices.first?.major == 253)
    }

    @Test func allDevicesOfAContainerAreInOneMap() async throws {
        let machine = try FakeMachine()
        try machine.add(FakeFunction(pci("0000:01:00.0")), behind: "0000:00:02.0")
        try machine.add(FakeFunction(pci("0000:02:00.0")), behind: "0000:00:03.0")
        try machine.addDisk("0000:00:05.0", "253:16")
        let prepared = try await prepare(
            machine,
            [
                device("vfio-pci-gk", id: "1", node: "/dev/vfio/1", ["0000:3b:00.1=02/00", "0000:5b:00.0="]),
                device("vfio-pci-gk", id: "2", node: "/dev/vfio/2", ["0000:4b:00.0=03/00"]),
                device("blk", id: "05", node: "/dev/xvda"),
            ])
        #expect(prepared.spec.process.env == ["PCIDEVICE_A=0000:01:00.0,0000:02:00.0"])
        #expect(
            prepared.addresses.rewritten(["PCIDEVICE_B=0000:4b:00.0"], besides: prepared.spec.process.env)
                == ["PCIDEVICE_B=0000:02:00.0"])
        #expect(try machine.logged().contains("warning: container 'c': the host does not say where"))
        // The guest's kernel keeps what it drives.
        #expect(machine.kernel.writes.isEmpty)
    }

    @Test func functionsForTheContainerGoToVFIO() async throws {
        let machine = try FakeMachine()
        try machine.host.addDriver("vfio-pci")
        try machine.add(FakeFunction(pci("0000:01:00.0"), driver: "igbvf", group: 4), behind: "0000:00:02.0")
        try machine.add(FakeFunction(pci("0000:01:00.1"), driver: nil, group: 4), behind: "0000:00:02.0")
        let late = Task {
            try await Task.sleep(for: .milliseconds(100))
            try machine.makeNode(ofGroup: 4, "511:2")
        }
        let prepared = try await prepare(
            machine,
            [
                device(
                    "vfio-pci", id: "7", node: "/dev/vfio/7", ["0000:3b:00.1=02/00", "0000:4b:00.0=02/00.1"])
            ])
        try await late.value
        // The host's node 4 gives way: its name is another group's in the guest.
        #expect(
            prepared.spec.linux.devices == [
                node("/dev/xvda", "b", 8, 1), node("/dev/vfio/4", "c", 511, 2),
                node("/dev/vfio/vfio", "c", 10, 196),
            ])
        #expect(prepared.spec.linux.resources.devices[2] == rule(true, "c", 511, 2))
        #expect(prepared.spec.linux.resources.devices[3] == rule(true, "c", 10, 196))
        #expect(prepared.spec.process.env == ["PCIDEVICE_A=0000:01:00.0,0000:01:00.1"])
        #expect(
            try machine.host.read("\(machine.host.folder(pci("0000:01:00.1")))/driver_override")
                == "vfio-pci\n")
    }

    @Test func twoGroupsForOneNodeAreRefused() async throws {
        let machine = try FakeMachine()
        try machine.host.addDriver("vfio-pci")
        try machine.host.add(FakeFunction(pci("0000:00:02.0"), group: 4))
        try machine.host.add(FakeFunction(pci("0000:00:03.0"), group: 5))
        let error = await #expect(throws: RuntimeError.self) {
            try await prepare(
                machine,
                [device("vfio-pci", id: "7", node: "/dev/vfio/7", ["0000:3b:00.1=02", "0000:4b:00.0=03"])])
        }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.contains("IOMMU groups 4, 5") == true)
    }

    @Test func whatDoesNotComeIsNamed() async throws {
        let machine = try FakeMachine()
        try machine.host.add(FakeFunction(pci("0000:00:05.0")))
        let cases: [(AgentDevice, [String])] = [
            (
                device("vfio-pci-gk", id: "1", node: "", ["0000:3b:00.1=02/00"]),
                ["'0000:3b:00.1'", "'02/00'"]
            ),
            (device("blk", id: "06", node: "/dev/xvda"), ["'/dev/xvda'", "no PCI function", "'06'"]),
            (device("blk", id: "05", node: "/dev/xvda"), ["'/dev/xvda'", "no virtio disk", "'05'"]),
        ]
        for (device, words) in cases {
            let error = await #expect(throws: RuntimeError.self) {
                try await prepare(machine, [device], timeout: .milliseconds(50))
            }
            #expect(error?.code == .notFound)
            for word in words { #expect(error?.message.contains(word) == true, "\(word)") }
        }
    }

    /// The numbers of two disks are each other's on the other side.
    @Test func numbersThatCrossAreReplacedOnce() async throws {
        let machine = try FakeMachine()
        try machine.addDisk("0000:00:05.0", "8:1")
        try machine.addDisk("0000:00:06.0", "253:0")
        var request = request([
            device("blk", id: "06", node: "/dev/xvda"), device("blk", id: "05", node: "/dev/xvdb"),
        ])
        request.oci.linux.devices = [node("/dev/xvda", "b", 8, 1), node("/dev/xvdb", "b", 253, 0)]
        request.oci.linux.resources.devices = [rule(true, "b", 8, 1, "r"), rule(true, "b", 253, 0, "w")]
        let sent = request
        let prepared = try await machine.run {
            try await $0.prepare(try DeviceRequests(sent, readsVariable: false), sent.oci, of: "c")
        }
        #expect(
            prepared.spec.linux.devices == [node("/dev/xvda", "b", 253, 0), node("/dev/xvdb", "b", 8, 1)])
        #expect(
            prepared.spec.linux.resources.devices == [
                rule(true, "b", 253, 0, "r"), rule(true, "b", 8, 1, "w"),
            ])
    }
}

func node(_ path: String, _ type: String, _ major: Int64, _ minor: Int64) -> AgentLinuxDevice {
    var node = AgentLinuxDevice()
    (node.path, node.type, node.major, node.minor) = (path, type, major, minor)
    return node
}

func rule(
    _ allow: Bool, _ type: String, _ major: Int64, _ minor: Int64, _ access: String = "rwm"
) -> AgentLinuxDeviceCgroup {
    var rule = AgentLinuxDeviceCgroup()
    (rule.allow, rule.type, rule.major, rule.minor, rule.access) = (allow, type, major, minor, access)
    return rule
}

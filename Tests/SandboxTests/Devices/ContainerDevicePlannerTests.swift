import AgentClient
import Configuration
import FakeHost
import Glibc
import Hypervisor
import Linux
import OCI
import RuntimeErrors
import Testing

@testable import Sandbox

/// Devices that go through VFIO.
@Suite struct ContainerDevicePlannerTests {
    private let gpus = AttachedDevices(vfio: [
        DeviceScene.gpu("0000:65:00.0", group: 42, at: "02/00", node: "vfio7"),
        DeviceScene.device("0000:65:00.1", group: 42, at: "02/00.1", vendor: 0x10de, classCode: 0x04_0300),
        DeviceScene.gpu("0000:17:00.0", group: 11, at: "03/00", node: "vfio3"),
        DeviceScene.nic("0000:3b:02.1", group: 9, at: "04/00"),
    ])
    private let rules = [
        DeviceRule.denyAll, DeviceRule(allow: true, type: "c", major: 511, minor: 42),
        DeviceRule(allow: true, type: "c", major: 1, minor: 3),
    ]
    private let container = { ContainerType.container(of: try SandboxID(parsing: "s1")) }

    /// S1-8, S1-24
    @Test func theGuestsKernelDrivesADevice() throws {
        let spec = DeviceScene.spec(
            [DeviceScene.group(42), DeviceScene.node("/dev/vfio/vfio", 10, 196)], rules: rules)
        let plan = try DeviceScene.plan(spec, attached: gpus)
        #expect(
            plan.guestDevices == [
                GuestDevice(
                    id: "42", type: .guestKernel, containerPath: "/dev/vfio/42",
                    options: ["0000:65:00.0=02/00", "0000:65:00.1=02/00.1"])
            ])
        #expect(plan.guestDevices.map(\.type) == ["vfio-pci-gk"])
        #expect(plan.nodes.isEmpty)
        #expect(plan.rules == [.denyAll, DeviceRule(allow: true, type: "c", major: 1, minor: 3)])
        #expect(plan.annotations == ["cdi.k8s.io/vfio42": "nvidia.com/gpu=0"])
        #expect(plan.warnings.isEmpty)
    }

    @Test func allFunctionsOfAContainerAreOneDeviceOfTheAgent() throws {
        let spec = DeviceScene.spec([
            DeviceScene.group(9), DeviceScene.node("/dev/vfio/devices/vfio3", 510, 3),
        ])
        let plan = try DeviceScene.plan(spec, attached: gpus)
        #expect(plan.guestDevices.map(\.options) == [["0000:17:00.0=03/00", "0000:3b:02.1=04/00"]])
        // Indices count in the whole machine, each kind by itself.
        #expect(
            plan.annotations == [
                "cdi.k8s.io/vfio9": "nvidia.com/nic=0", "cdi.k8s.io/vfio3": "nvidia.com/gpu=1",
            ])
    }

    /// S1-9
    @Test func theContainerDrivesADevice() throws {
        let spec = DeviceScene.spec(
            [
                DeviceScene.group(42), DeviceScene.node("/dev/vfio/vfio", 10, 196),
                DeviceScene.group(9), DeviceScene.node("/dev/iommu", 10, 126),
            ], rules: rules)
        let configuration = DeviceScene.configuration(mode: .vfio, iommu: true)
        let plan = try DeviceScene.plan(spec, configuration, attached: gpus)
        #expect(
            plan.guestDevices == [
                GuestDevice(
                    id: "42", type: .vfio, containerPath: "/dev/vfio/42",
                    options: ["0000:65:00.0=02/00", "0000:65:00.1=02/00.1"]),
                GuestDevice(
                    id: "9", type: .vfio, containerPath: "/dev/vfio/9", options: ["0000:3b:02.1=04/00"]),
            ])
        #expect(plan.guestDevices.map(\.type) == ["vfio-pci", "vfio-pci"])
        #expect(plan.nodes.map(\.path) == ["/dev/vfio/42", "/dev/vfio/vfio", "/dev/vfio/9"])
        #expect(plan.rules == rules)
        #expect(plan.annotations.isEmpty)
    }

    /// S1-14
    @Test(arguments: [VFIOMode.guestKernel, .vfio])
    func thePauseContainerGetsNone(_ mode: VFIOMode) throws {
        let configuration = DeviceScene.configuration(mode: mode, iommu: true)
        let plan = try DeviceScene.plan(
            DeviceScene.spec([DeviceScene.group(42)]), configuration, attached: gpus, type: .sandbox,
            named: [DeviceScene.group(11)])
        #expect(plan.guestDevices.isEmpty && plan.annotations.isEmpty && plan.nodes.isEmpty)
    }

    /// S1-2
    @Test func aMemberIsGivenWhatItsAnnotationsNameByInnerKeysOnly() throws {
        var spec = DeviceScene.spec([])
        spec.annotations = ["cdi.k8s.io/vfio0": "nvidia.com/pgpu=0", "other": "x"]
        let plan = try DeviceScene.plan(
            spec, attached: gpus, type: container(), named: [DeviceScene.group(11)])
        plan.takeOut(of: &spec)
        var guest = try spec.forGuest(GuestRewrite(rootPath: "/r", cgroupsPath: "/c")).spec
        plan.putIn(&guest)
        #expect(guest.annotations == ["cdi.k8s.io/vfio11": "nvidia.com/gpu=1", "other": "x"])
        #expect(guest.linux?.devices.isEmpty == true)
        #expect(plan.guestDevices.map(\.options) == [["0000:17:00.0=03/00"]])
    }

    @Test func nodesThatStayComeThroughTheGuestsForm() throws {
        var spec = DeviceScene.spec([DeviceScene.group(42), DeviceScene.node("/dev/sdb", 8, 16, type: "b")])
        var attached = gpus
        let place = try #require(PCIPath("08"))
        attached.disks = [
            AttachedDisk(id: "disk0", number: DeviceNumber(major: 8, minor: 16), path: place)
        ]
        let plan = try DeviceScene.plan(
            spec, DeviceScene.configuration(mode: .vfio, iommu: true), attached: attached)
        plan.takeOut(of: &spec)
        let inner = try spec.forGuest(GuestRewrite(rootPath: "/r", cgroupsPath: "/c"))
        var guest = inner.spec
        plan.putIn(&guest)
        #expect(guest.linux?.devices.map(\.path) == ["/dev/vfio/42", "/dev/sdb"])
        #expect(inner.notes.isEmpty)
        // Disks come first: an agent may know the functions of its last device only.
        #expect(
            plan.guestDevices.first == GuestDevice(id: "08", type: .disk, containerPath: "/dev/sdb"))
        #expect(plan.guestDevices.count == 2)
    }

    /// S1-18, S1-19
    @Test func whatTheSandboxDoesNotHaveIsRefused() throws {
        let error = DeviceScene.refusal {
            _ = try DeviceScene.plan(
                DeviceScene.spec([DeviceScene.group(8)]), attached: gpus, type: container())
        }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.contains("0000:65:00.0 (group 42)") == true)
    }

    /// S1-7
    @Test func whatWasPassedOverIsLeftOut() throws {
        let plan = try DeviceScene.plan(
            DeviceScene.spec([DeviceScene.group(42)]),
            DeviceScene.configuration(coldPlug: .noPort, passesOver: true), type: container())
        #expect(plan.guestDevices.isEmpty && plan.nodes.isEmpty && plan.annotations.isEmpty)
        #expect(plan.warnings.count == 1)
    }

    /// S2-16: a VF of the pod's network that the container has a node of as well.
    @Test func aNetworkFunctionIsOneEntryForTheAgent() throws {
        let host = try FakeHost()
        try host.makeNode("/dev/vfio/9", S_IFCHR, 511, 9)
        let spec = DeviceScene.spec(
            [DeviceScene.group(9), DeviceScene.group(9)],
            mounts: [Mount(destination: "/dev/vfio/9", type: "bind", source: "/dev/vfio/9")])
        let plan = try DeviceScene.plan(spec, attached: gpus, on: host)
        #expect(plan.guestDevices.map(\.options) == [["0000:3b:02.1=04/00"]])
        #expect(plan.mounts == [0: .drop])
        let driven = try DeviceScene.plan(
            spec, DeviceScene.configuration(mode: .vfio, iommu: true), attached: gpus, on: host)
        #expect(driven.guestDevices.count == 1)
    }
}

import Configuration
import FakeHost
import Glibc
import Hypervisor
import Linux
import OCI
import RuntimeErrors
import Testing

@testable import Sandbox

/// Nodes that do not go through VFIO.
@Suite struct ForeignNodesTests {
    private let caps = DeviceScene.node("/dev/nvidia-caps/nvidia-cap2", 235, 2)

    /// S3-5
    @Test func aNodeThatTheGuestDoesNotHaveIsLeftOutWithOneWarning() throws {
        let rule = { DeviceRule(allow: true, type: "c", major: $0, minor: $1, access: "r") }
        let spec = DeviceScene.spec(
            [caps, DeviceScene.node("/dev/nvidiactl", 195, 255), DeviceScene.node("/dev/fuse", 10, 229)],
            rules: [rule(235, 2), rule(195, -1), rule(10, 229)])
        let minors = try MIGMinors(text: "config 1\nmonitor 2\n", path: "/p")
        let plan = try DeviceScene.plan(spec, minors: minors)
        #expect(plan.nodes.map(\.path) == ["/dev/fuse"])
        #expect(plan.rules == [rule(195, -1), rule(10, 229)])
        #expect(
            plan.warnings == [
                "nodes of the host that the guest does not have are left out: '/dev/nvidia-caps/nvidia-cap2' (MIG "
                    + "monitor), '/dev/nvidiactl'"
            ])
    }

    /// S3-5, strict
    @Test func orIsRefused() throws {
        let spec = DeviceScene.spec((0..<10).map { DeviceScene.node("/dev/x\($0)", 240, $0) })
        let error = DeviceScene.refusal {
            _ = try DeviceScene.plan(spec, DeviceScene.configuration(strict: true))
        }
        #expect(error?.code == .failedPrecondition)
        #expect(
            error?.message
                == "can't create container 'c1': the guest does not have the host's '/dev/x0', '/dev/x1', '/dev/x2', "
                + "'/dev/x3', '/dev/x4', '/dev/x5', '/dev/x6', '/dev/x7' and 2 more; take them out of the container, or "
                + "set 'host_device_nodes' to \"drop\"")
        _ = try DeviceScene.plan(
            DeviceScene.spec([DeviceScene.node("/dev/null", 1, 3)]), DeviceScene.configuration(strict: true))
    }

    /// S3-6
    @Test func aMountedDeviceIsANodeAndNoFile() throws {
        let host = try FakeHost()
        try host.makeNode("/dev/fuse", S_IFCHR, 10, 229)
        try host.makeNode("/dev/null", S_IFCHR, 1, 3)
        try host.makeNode("/dev/nvidia-caps/nvidia-cap2", S_IFCHR, 235, 2)
        let bind = { Mount(destination: $1, type: "bind", source: $0, options: ["rbind"]) }
        let spec = DeviceScene.spec(
            [DeviceScene.node("/dev/fuse", 1, 5)],
            mounts: [
                bind("/dev/fuse", "/dev/fuse"), bind("/dev/null", "/etc/passwd"),
                bind("/dev/nvidia-caps/nvidia-cap2", "/dev/nvidia-caps/nvidia-cap2"), bind("/srv", "/srv"),
            ])
        let plan = try DeviceScene.plan(spec, on: host)
        #expect(plan.mounts == [0: .drop, 1: .source("/dev/null"), 2: .drop])
        #expect(plan.nodes.map(\.path) == ["/dev/fuse"])
        #expect(plan.nodes.first?.major == 10 && plan.nodes.first?.fileMode == 0o640)
        #expect(plan.warnings.count == 1)
        // As on a host, a mount alone allows nothing.
        #expect(plan.rules.isEmpty)
    }

    @Test func aBlockDeviceThatIsNoDiskOfTheMachineIsLeftOut() throws {
        let plan = try DeviceScene.plan(DeviceScene.spec([DeviceScene.node("/dev/sda", 8, 0, type: "b")]))
        #expect(plan.nodes.isEmpty && plan.guestDevices.isEmpty && plan.warnings.count == 1)
    }

    @Test func theNodeOfAnAttachedUSBDeviceIsTheGuestsToMake() throws {
        let spec = DeviceScene.spec([DeviceScene.node("/dev/bus/usb/001/004", 189, 3)])
        let attached = AttachedDevices(usb: [USBDevice(bus: 1, port: "1.4", node: "/dev/bus/usb/001/004")])
        let plan = try DeviceScene.plan(spec, DeviceScene.configuration(strict: true), attached: attached)
        #expect(plan.nodes.isEmpty && plan.warnings.isEmpty)
        #expect(try DeviceScene.plan(spec).warnings.count == 1)
    }

    @Test func whatIsNoDeviceOfTheHostStays() throws {
        let fifo = DeviceNode(path: "/dev/pipe", type: "p")
        let plan = try DeviceScene.plan(DeviceScene.spec([fifo]), DeviceScene.configuration(strict: true))
        #expect(plan.nodes == [fifo])
    }

    /// S0-11, S3-12: nothing of the process but the plugins' own variables is touched.
    @Test func theProcessStaysAsItIs() throws {
        var spec = DeviceScene.spec(
            [DeviceScene.group(9)],
            env: [
                "NVIDIA_MIG_MONITOR_DEVICES=all", "CUDA_DEVICE_ORDER=PCI_BUS_ID",
                "VISIBLE_CDI_DEVICES=nvidia.com/gpu=0:1", "PCIDEVICE_X=0000:3b:02.1", "BDF=0000:3b:02.1",
            ])
        spec.process?.capabilities = Capabilities(bounding: ["CAP_CHOWN"])
        spec.process?.noNewPrivileges = true
        var expected = spec.process
        expected?.env[3] = "PCIDEVICE_X=0000:01:00.0"
        let nic = DeviceScene.nic("0000:3b:02.1", group: 9, at: "04/00", guest: "0000:01:00.0")
        try DeviceScene.plan(spec, attached: AttachedDevices(vfio: [nic])).takeOut(of: &spec)
        #expect(spec.process == expected)
    }
}

import AgentClient
import FakeHost
import Glibc
import Hypervisor
import Linux
import OCI
import RuntimeErrors
import Testing

@testable import Sandbox

/// Devices that do not go through VFIO, and what is shown of all.
@Suite struct SandboxOtherDevicesTests {
    private static let key = "cdi.k8s.io/usb"

    private static func usbHost() throws -> FakeHost {
        let host = try FakeHost()
        try host.add(FakeUSBDevice("usb1", number: 1, deviceClass: 9))
        try host.add(FakeUSBDevice("1-1", number: 2, deviceClass: 9))
        try host.add(FakeUSBDevice("1-1.4", number: 7, serial: "AB12"))
        try host.addCDI("v.com/usb", [("0", ["/dev/bus/usb/001/007"])])
        try host.name("char", 511, 7, "bus/usb/001/007")
        return host
    }

    /// S0-7
    @Test(arguments: ["v.com/usb=0", "swiftlet.usb/port=1-1.4", "swiftlet.usb/serial=AB12"])
    func aUSBDeviceIsNamedByCDIByPortOrBySerial(_ name: String) throws {
        let host = try Self.usbHost()
        let scene = try SandboxScene(host)
        let sandbox = try scene.prepare(scene.request([Self.key: name], scene.configuration("")))
        let line = try scene.arguments(sandbox).filter { $0.hasPrefix("usb-host,") }
        #expect(line.count == 1 && line[0].hasSuffix("hostdevice=/dev/bus/usb/001/007"))
        #expect(sandbox.container.guestSpec.linux?.devices.isEmpty == true)
        #expect(sandbox.container.guestSpec.annotations.isEmpty)
        #expect(sandbox.warnings.isEmpty)
    }

    /// S0-7: the other monitor has no USB, which is said before anything is made.
    @Test func withoutUSBItIsRefused() throws {
        let scene = try SandboxScene(Self.usbHost(), .cloudHypervisor)
        let sandbox = try scene.prepare(
            scene.request([Self.key: "swiftlet.usb/port=1-1.4"], scene.configuration("")))
        let error = DeviceScene.refusal { _ = try scene.arguments(sandbox) }
        #expect(error?.code == .unimplemented)
        #expect(error?.message.lowercased().contains("qemu") == true)
    }

    @Test func anInheritedNodeIsForAMonitorOfAnotherUser() throws {
        let scene = try SandboxScene(Self.usbHost())
        let configuration = try scene.configuration("", security: "vmm_user = 4000")
        let sandbox = try scene.prepare(
            scene.request([Self.key: "swiftlet.usb/port=1-1.4"], configuration))
        #expect(sandbox.devices.usb.map(\.isInherited) == [true])
        #expect(try scene.arguments(sandbox).contains { $0.contains("hostdevice=/dev/fdset/") })
    }

    /// A host with a free disk and one whose partition is mounted.
    private static func diskHost() throws -> FakeHost {
        let host = try FakeHost()
        try host.addDriver("vfio-pci")
        try host.add(
            FakeFunction(pci("0000:01:00.0"), driver: "virtio-pci").with { $0.classCode = 0x01_0000 })
        try host.addBlockDevice("vdb", of: pci("0000:01:00.0"), minor: 16)
        try host.add(
            FakeFunction(pci("0000:02:00.0"), driver: "virtio-pci").with { $0.classCode = 0x01_0000 })
        try host.addBlockDevice("vdc", of: pci("0000:02:00.0"), minor: 32, mountedAt: "/data")
        for (name, minor) in [("vdb", 16), ("vdc", 32)] {
            try host.makeNode("/dev/\(name)", S_IFBLK, 252, UInt32(minor))
            try host.name("block", 252, minor, name)
        }
        return host
    }

    @Test(
        .enabled(if: AgentProcess.isPossible, "needs root to make nodes"),
        arguments: SandboxScene.Monitor.allCases)
    func aDiskIsReadOnlyUnlessItsRuleLetsWrite(_ monitor: SandboxScene.Monitor) throws {
        let host = try Self.diskHost()
        let scene = try SandboxScene(host, monitor)
        let node = DeviceScene.node("/dev/xvda", 252, 16, type: "b")
        for (access, isReadOnly) in [("r", true), ("rwm", false)] {
            let rule = DeviceRule(allow: true, type: "b", major: 252, minor: 16, access: access)
            let sandbox = try scene.prepare(
                scene.request(nodes: [node], rules: [rule], scene.configuration("")))
            #expect(sandbox.devices.disks.map(\.isReadOnly) == [isReadOnly], "\(access)")
            #expect(try scene.arguments(sandbox).contains { $0.contains("\(host.roots.dev)/vdb") })
            let disk = try #require(sandbox.attached.disks.first)
            #expect(sandbox.container.guestDevices.map(\.id) == ["\(disk.path)"])
            #expect(sandbox.container.guestDevices.map(\.containerPath) == ["/dev/xvda"])
            #expect(sandbox.container.guestSpec.linux?.devices.map(\.path) == ["/dev/xvda"])
        }
    }

    @Test(.enabled(if: AgentProcess.isPossible, "needs root to make nodes"))
    func aDiskOfTheHostsOwnIsRefused() throws {
        let scene = try SandboxScene(Self.diskHost())
        let error = DeviceScene.refusal {
            _ = try scene.prepare(
                scene.request(
                    nodes: [DeviceScene.node("/dev/vdc", 252, 32, type: "b")], scene.configuration("")))
        }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.contains("mounted at '/data'") == true)
    }

    @Test func whatWouldBeDoneIsShown() throws {
        let host = try FakeHost.withGPU()
        let before = try host.snapshot()
        let scene = try SandboxScene(host)
        try host.write("Max locked memory  65536  65536  bytes\n", to: "\(host.roots.proc)/self/limits")
        try host.write("CapEff:\t0\nCapBnd:\t0\n", to: "\(host.roots.proc)/self/status")
        let request = try scene.request(["cdi.k8s.io/vfio0": "nvidia.com/pgpu=0"], env: ["A=1"])
        let report = try DevicePlanReport(scene.prepare(request), of: request, on: host.roots)
        #expect(report.devices.map(\.host) == ["0000:65:00.0"])
        #expect(report.writes.map(\.text) == ["vfio-pci", "0000:65:00.0", "0000:65:00.0"])
        #expect(report.lockedMemory == 3 << 30)
        #expect(report.lockedMemoryBy.contains("65536"))
        #expect(report.specDifference.contains("+ linux.devices[0].path = \"/dev/vfio/42\""))
        #expect(
            report.specDifference.contains("- annotations['cdi.k8s.io/vfio0'] = \"nvidia.com/pgpu=0\""))
        #expect(!report.specDifference.contains { $0.contains("env") })
        for word in ["driver_override", "0000:65:00.0 of iommu group 42", "3221225472 bytes"] {
            #expect("\(report)".contains(word), "\(word)")
        }
        try host.remove("\(host.roots.proc)/self/limits")
        try host.remove("\(host.roots.proc)/self/status")
        #expect(try host.snapshot() == before)
    }
}

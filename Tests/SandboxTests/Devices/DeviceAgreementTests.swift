import FakeHost
import Hypervisor
import OCI
import RuntimeErrors
import Testing
import VFIO

@testable import Sandbox

@Suite struct DeviceAgreementTests {
    private func requests(_ nodes: DeviceNode...) throws -> [RequestedDevice] {
        let host = try FakeHost()
        return DeviceRequests(of: DeviceScene.spec(nodes), bundle: "/b", on: host.roots).all
    }

    /// S1-18
    @Test func anotherGroupThanTheSandboxHasIsRefused() throws {
        let agreement = DeviceAgreement([
            DeviceScene.gpu("0000:65:00.0", group: 42, at: "02/00"),
            DeviceScene.gpu("0000:65:00.1", group: 42, at: "02/00.1"),
        ])
        let requests = try requests(
            DeviceScene.group(42), DeviceScene.group(7), DeviceScene.node("/dev/vfio/devices/vfio3", 510, 3))
        let error = DeviceScene.refusal { try agreement.check(requests, of: "c1") }
        #expect(error?.code == .failedPrecondition)
        #expect(
            error?.message
                == "can't create container 'c1': it asks for VFIO group 7 ('/dev/vfio/7'), VFIO device vfio3 "
                + "('/dev/vfio/devices/vfio3') and its sandbox has 0000:65:00.0 (group 42), 0000:65:00.1 (group 42); "
                + "name the device when the sandbox is made, since none is plugged in later")
    }

    /// S1-19
    @Test func aGroupIsNotPluggedInLater() throws {
        let requests = try requests(DeviceScene.group(7), DeviceScene.group(7))
        let error = DeviceScene.refusal { try DeviceAgreement([]).check(requests, of: "c1") }
        #expect(error?.code == .failedPrecondition)
        #expect(
            error?.message
                == "can't create container 'c1': it asks for VFIO group 7 ('/dev/vfio/7') and its sandbox was started "
                + "without VFIO devices; name the device when the sandbox is made, since none is plugged in later"
        )
    }

    /// S2-16: group, own node and network function are one device.
    @Test func aDeviceCountsOnce() throws {
        let vf = DeviceScene.device(
            "0000:3b:02.1", group: 9, at: "03/00", node: "vfio5", vendor: 0x15b3, classCode: 0x02_0000)
        let found = try DeviceAgreement([vf]).check(
            try requests(DeviceScene.group(9), DeviceScene.node("/dev/vfio/devices/vfio5", 510, 5)), of: "c1")
        #expect(found == [vf])
    }

    @Test func devicesAreInTheOrderOfTheGuest() throws {
        let groups = Array(0..<12)
        let gpus = groups.map { slot in
            DeviceScene.gpu(
                "0000:6\(String(slot, radix: 16)):00.0", group: slot, at: "1\(String(slot, radix: 16))/00")
        }
        let found = try DeviceAgreement(gpus.reversed()).check(
            try DeviceRequests(
                of: DeviceScene.spec(groups.map { DeviceScene.group($0) }), bundle: "/b", on: FakeHost().roots
            ).all, of: "c1")
        #expect(found == gpus)
    }

    @Test func requestsFitByEveryName() throws {
        let uuid = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
        let place = try #require(PCIPath("04/00"))
        let shared = AttachedDevice(
            id: "m", host: .mediated(uuid: uuid), group: 12, path: place, vendor: 0x10de,
            classCode: 0x03_0000,
            parent: pci("0000:65:00.0"))
        #expect(shared.fits(.mediated(uuid)) && shared.fits(.group(12)))
        #expect(!shared.fits(.function(pci("0000:65:00.0"))) && !shared.fits(.characterDevice("vfio1")))
        #expect(shared.hostAddress == pci("0000:65:00.0"))
    }
}

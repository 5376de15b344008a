import FakeHost
import Glibc
import Linux
import OCI
import Testing
import VFIO

@testable import Sandbox

@Suite struct DeviceRequestsTests {
    private func requests(of spec: Spec, on host: FakeHost) -> DeviceRequests {
        DeviceRequests(of: spec, bundle: "/bundle", on: host.roots)
    }

    @Test(arguments: [
        ("/dev/vfio/42", DeviceRequest.vfio(.group(42))),
        ("/dev/vfio/devices/vfio7", .vfio(.characterDevice("vfio7"))),
        ("/dev/bus/usb/001/004", .usb(bus: 1, device: 4)),
        ("/dev/vfio/noiommu-3", .character(DeviceNumber(major: 9, minor: 9))),
        ("/dev/vfio/4294967296000", .character(DeviceNumber(major: 9, minor: 9))),
        ("/dev/vfio/-1", .character(DeviceNumber(major: 9, minor: 9))),
        ("/dev/vfio/devices/vfio", .character(DeviceNumber(major: 9, minor: 9))),
        ("/dev/bus/usb/001/x", .character(DeviceNumber(major: 9, minor: 9))),
        ("dev/vfio/42/..", .character(DeviceNumber(major: 9, minor: 9))),
        ("/dev/nvidia0", .character(DeviceNumber(major: 9, minor: 9))),
    ])
    func aNodeIsWhatItsPathSays(_ path: String, _ request: DeviceRequest) throws {
        let spec = DeviceScene.spec([DeviceScene.node(path, 9, 9)])
        #expect(requests(of: spec, on: try FakeHost()).all.map(\.request) == [request])
    }

    /// S1-23
    @Test func controlNodesAreNoDevices() throws {
        let spec = DeviceScene.spec([
            DeviceScene.node("/dev/vfio/vfio", 10, 196), DeviceScene.node("/dev/iommu", 10, 126),
        ])
        let found = requests(of: spec, on: try FakeHost())
        #expect(found.all.map(\.request) == [.vfioContainer, .iommu])
        #expect(found.distinct.isEmpty && found.vfio.isEmpty)
    }

    /// S1-21
    @Test func aDeviceThatIsAskedForTwiceIsOne() throws {
        let host = try FakeHost()
        try host.makeNode("/dev/vfio/42", S_IFCHR, 511, 3)
        try host.name("char", 511, 3, "vfio/42")
        let spec = DeviceScene.spec(
            [DeviceScene.node("/dev/vfio/42", 511, 3), DeviceScene.node("/dev/accelerator", 511, 3)],
            mounts: [Mount(destination: "/dev/vfio/42", type: "bind", source: "/dev/vfio/42")])
        let found = requests(of: spec, on: host)
        #expect(found.all.count == 3)
        #expect(found.distinct == [.vfio(.group(42))])
    }

    @Test func aNumberSaysMoreThanAPath() throws {
        let host = try FakeHost()
        try host.name("char", 511, 7, "vfio/7")
        let found = requests(of: DeviceScene.spec([DeviceScene.node("/dev/vfio/42", 511, 7)]), on: host)
        #expect(found.distinct == [.vfio(.group(7))])
        #expect(found.all[0].hostPath == "/dev/vfio/7" && found.all[0].node.path == "/dev/vfio/42")
    }

    /// S3-6
    @Test func aBindMountOfADeviceIsADevice() throws {
        let host = try FakeHost()
        try host.makeNode("/dev/nvidia-caps/nvidia-cap1", S_IFCHR, 235, 1)
        try host.makeNode("/dev/sdb", S_IFBLK, 8, 16)
        try host.write("text", to: host.roots.path("/srv/file"))
        try host.link(host.roots.path("/dev/link"), to: host.roots.path("/dev/sdb"))
        let bind = { Mount(destination: "/in", type: "bind", source: $0, options: ["rbind"]) }
        let spec = DeviceScene.spec(
            [],
            mounts: [
                bind("/dev/nvidia-caps/nvidia-cap1"), bind("/srv/file"), bind("/dev/sdb"), bind("/dev/link"),
                bind("/dev/absent"), Mount(destination: "/proc", type: "proc", source: "/dev/sdb"),
            ])
        let found = requests(of: spec, on: host)
        #expect(found.all.map(\.origin) == [.mount(0), .mount(2)])
        #expect(
            found.distinct == [
                .character(DeviceNumber(major: 235, minor: 1)), .block(DeviceNumber(major: 8, minor: 16)),
            ])
        #expect(found.all[0].node.path == "/in" && found.all[0].node.type == "c")
        #expect(found.all[0].node.fileMode == 0o640)
    }

    @Test func whatIsNoNodeAsksForNothing() throws {
        var negative = DeviceScene.node("/dev/x", -1, 0)
        negative.minor = Int64.max
        let spec = DeviceScene.spec([DeviceNode(path: "/dev/fifo", type: "p"), negative])
        #expect(requests(of: spec, on: try FakeHost()).all.isEmpty)
    }

    @Test func sysfsThatSaysNothingUsefulIsPassedOver() throws {
        let host = try FakeHost()
        for (minor, text) in ["", "DEVNAME=\n", String(repeating: "x", count: 100_000)].enumerated() {
            try host.write(text, to: "\(host.roots.sys)/dev/char/511:\(minor)/uevent")
        }
        let spec = DeviceScene.spec((0..<3).map { DeviceScene.node("/dev/vfio/4\($0)", 511, $0) })
        let groups = [40, 41, 42].map { DeviceRequest.vfio(.group($0)) }
        #expect(requests(of: spec, on: host).distinct == groups)
    }
}

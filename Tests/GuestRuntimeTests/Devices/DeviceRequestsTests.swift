import AgentProtocol
import CDI
import RuntimeErrors
import Testing

@testable import AgentService
@testable import GuestRuntime

@Suite struct DeviceRequestsTests {
    private func request(
        _ devices: [AgentDevice], nodes: [String] = ["/dev/xvda", "/dev/vfio/7"]
    ) -> AgentCreateContainerRequest {
        var request = AgentCreateContainerRequest()
        request.devices = devices
        request.oci.linux.devices = nodes.map { path in
            var node = AgentLinuxDevice()
            (node.path, node.type) = (path, "c")
            return node
        }
        return request
    }

    @Test func devicesOfAllTypes() throws {
        let requests = try DeviceRequests(
            request([
                device("blk", id: "03/00", node: "/dev/xvda"),
                device("vfio-pci", id: "7", node: "/dev/vfio/7", ["0000:3b:00.0=02", "0000:3b:00.1=02.1"]),
                device(
                    "vfio-pci-gk", id: "9", node: "/dev/vfio/9", ["0000:4b:00.0=0001:02/00", "0000:5b:00.0="]),
            ]), readsVariable: false)
        #expect(
            requests.devices.map { $0.paths.map(\.description) } == [
                ["03/00"], ["02", "02.1"], ["0001:02/00"],
            ])
        #expect(requests.devices.map(\.node) == ["/dev/xvda", "/dev/vfio/7", nil])
        #expect(
            requests.warnings == ["the host does not say where its device '0000:5b:00.0' is in the guest"])
        #expect(!requests.isEmpty)
        #expect(try DeviceRequests(request([]), readsVariable: true).isEmpty)
        #expect(DeviceRequest.Kind.allCases.map(\.rawValue) == ["blk", "vfio-pci", "vfio-pci-gk"])
    }

    @Test func whatMakesNoSenseIsRefused() throws {
        let options = [
            "0000:3b:00.0", "=02", "0000:3b:00.0=02=03", "0000:3b:00.0=../02", "0000:3b:00.0=02/", "",
            "0000:3b:00.0=" + String(repeating: "00/", count: 1 << 18),
        ]
        let devices =
            [
                device("blk", id: "", node: "/dev/xvda"), device("blk", id: "20", node: "/dev/xvda"),
                device("blk", id: "02", node: "/dev/other"), device("blk", id: "02", node: ""),
                device("blk", id: "02", node: "/dev/xvda\0"),
                device("blk", id: "02", node: "/" + String(repeating: "x", count: 1 << 20)),
                device("vfio-pci", id: "7", node: "/dev/vfio/7"),
                device("vfio-pci", id: "7", node: "/dev/vfio/7", ["0000:3b:00.0="]),
                device("vfio-pci", id: "7", node: "/dev/vfio/8", ["0000:3b:00.0=02"]),
                device("vfio-pci-gk", id: "7", node: "", Array(repeating: "0000:3b:00.0=02", count: 1025)),
            ] + options.map { device("vfio-pci-gk", id: "7", node: "", [$0]) }
        for (index, device) in devices.enumerated() {
            let error = #expect(throws: RuntimeError.self, "\(index)") {
                try DeviceRequests(request([device]), readsVariable: false)
            }
            #expect(error?.code == .invalidArgument, "\(index)")
            #expect((error?.message.utf8.count ?? 0) < 1000, "\(index)")
        }
    }

    @Test func moreThanThereCanBeIsRefused() {
        let many = Array(
            repeating: device("vfio-pci-gk", id: "7", node: "", ["0000:3b:00.0=02"]), count: 1025)
        let deep = Array(
            repeating: device(
                "vfio-pci-gk", id: "7", node: "", Array(repeating: "0000:3b:00.0=02", count: 600)), count: 2)
        let twice = Array(repeating: device("blk", id: "02", node: "/dev/xvda"), count: 2)
        for devices in [many, deep, twice] {
            let error = #expect(throws: RuntimeError.self) {
                try DeviceRequests(request(devices), readsVariable: false)
            }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test(arguments: ["", "scsi", "BLK", "vfio-ap"]) func otherTypesAreNotKnown(_ type: String) {
        let error = #expect(throws: RuntimeError.self) {
            try DeviceRequests(request([device(type, id: "02", node: "/dev/xvda")]), readsVariable: false)
        }
        #expect(error?.code == .unimplemented)
    }
}

/// A device as a host sends it.
func device(_ type: String, id: String, node: String, _ options: [String] = []) -> AgentDevice {
    var device = AgentDevice()
    (device.type, device.id, device.containerPath, device.options) = (type, id, node, options)
    return device
}

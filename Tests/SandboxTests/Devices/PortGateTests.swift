import Configuration
import FakeHost
import OCI
import RuntimeErrors
import Testing

@testable import Sandbox

@Suite struct PortGateTests {
    private func requests() throws -> DeviceRequests {
        let host = try FakeHost()
        let annotated = DeviceRequests(
            of: [DeviceScene.group(42)], from: .annotation("cdi.k8s.io/vfio0"), on: host.roots)
        let spec = DeviceScene.spec([DeviceScene.node("/dev/fuse", 10, 229), DeviceScene.group(7)])
        return DeviceRequests(
            annotated.all + DeviceRequests(of: spec, bundle: "/b", on: host.roots).all)
    }

    /// S1-7
    @Test func withoutPortsAVFIODeviceIsRefused() throws {
        let requests = try requests()
        let gate = PortGate(DeviceScene.configuration(coldPlug: .noPort))
        let error = DeviceScene.refusal { _ = try gate.admit(requests, of: "c1") }
        #expect(error?.code == .failedPrecondition)
        #expect(
            error?.message
                == "can't give container 'c1' its VFIO devices: annotation 'cdi.k8s.io/vfio0' asks for '/dev/vfio/42', "
                + "linux.devices[1] asks for '/dev/vfio/7' and key 'cold_plug_vfio' is \"no-port\"; set "
                + "'cold_plug_vfio' to \"root-port\" or \"switch-port\"")
    }

    /// S1-7 with `cdi_without_port` = warn
    @Test func orPassedOverWithAWarning() throws {
        let gate = PortGate(DeviceScene.configuration(coldPlug: .noPort, passesOver: true))
        let admission = try gate.admit(requests(), of: "c1")
        #expect(admission.admitted.map(\.hostPath) == ["/dev/fuse"])
        #expect(
            admission.warning
                == "VFIO devices passed over: annotation 'cdi.k8s.io/vfio0' asks for '/dev/vfio/42', linux.devices[1] "
                + "asks for '/dev/vfio/7' and key 'cold_plug_vfio' is \"no-port\"")
    }

    @Test func whatIsNoVFIODeviceNeedsNoPort() throws {
        let spec = DeviceScene.spec([
            DeviceScene.node("/dev/vfio/vfio", 10, 196), DeviceScene.node("/dev/fuse", 10, 229),
        ])
        let requests = DeviceRequests(of: spec, bundle: "/b", on: try FakeHost().roots)
        let gate = PortGate(DeviceScene.configuration(coldPlug: .noPort))
        #expect(try gate.admit(requests, of: "c1") == PortGate.Admission(admitted: requests.all))
    }

    @Test(arguments: [PortPolicy.rootPort, .switchPort])
    func withPortsEverythingPasses(_ policy: PortPolicy) throws {
        let requests = try requests()
        let gate = PortGate(DeviceScene.configuration(coldPlug: policy))
        #expect(try gate.admit(requests, of: "c1") == PortGate.Admission(admitted: requests.all))
    }

    /// S1-9
    @Test func vfioInTheGuestNeedsAnIOMMUThere() throws {
        let requests = try requests()
        let gate = PortGate(DeviceScene.configuration(mode: .vfio))
        let error = DeviceScene.refusal { _ = try gate.admit(requests, of: "c1") }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.hasSuffix("set 'enable_iommu' to true") == true)
        let other = PortGate(DeviceScene.configuration(mode: .vfio, iommu: true))
        #expect(try other.admit(requests, of: "c1").admitted == requests.all)
    }
}

import AgentProtocol
import CDI
import RuntimeErrors
import Testing

@testable import AgentService

@Suite struct VisibleDevicesTests {
    private func devices(
        _ annotations: [String: String] = [:], _ variable: String? = nil, reads: Bool = true
    ) throws -> VisibleDevices {
        var spec = AgentSpec()
        spec.annotations = annotations
        if let variable { spec.process.env = ["VISIBLE_CDI_DEVICES=old", "VISIBLE_CDI_DEVICES=\(variable)"] }
        return try VisibleDevices(spec, readsVariable: reads)
    }

    @Test func namesOfBothPlaces() throws {
        let found = try devices(
            ["cdi.k8s.io/vfio7": "a.com/gpu=1,a.com/gpu=0", "other": "b"],
            "a.com/gpu=0,2:b.com/nic=all:c.com/mig=0:1")
        #expect(
            found.names.map(\.description) == ["a.com/gpu=1", "a.com/gpu=0", "a.com/gpu=2", "c.com/mig=0:1"])
        #expect(found.kinds == ["b.com/nic"])
        #expect(found.wantedKinds == ["a.com/gpu", "c.com/mig", "b.com/nic"])
        let known = ["b.com/nic=0", "b.com/nic=1", "c.com/mig=2"].compactMap { DeviceName($0) }
        #expect(
            try found.resolved(among: known).map(\.description).suffix(2) == ["b.com/nic=0", "b.com/nic=1"])
    }

    @Test func theVariableCountsOnlyWhereItIsAllowed() throws {
        #expect(try devices([:], "a.com/gpu=0", reads: false).isEmpty)
        #expect(try devices([:], "nonsense", reads: false).isEmpty)
        #expect(try devices([:], "").isEmpty)
    }

    @Test(arguments: [
        ["io.katacontainers.pkg.oci.container_type": "pod_sandbox"],
        ["io.kubernetes.cri.container-type": "sandbox"],
    ])
    func theSandboxsOwnContainerGetsNone(_ marks: [String: String]) throws {
        let annotations = marks.merging(["cdi.k8s.io/x": "a.com/gpu=0"]) { $1 }
        #expect(try devices(annotations, "a.com/gpu=0").isEmpty)
    }

    @Test(arguments: [
        "gpu=0", "a.com/gpu", "a.com/gpu=", "a.com/gpu=0,", "a.com/gpu= 0", ":", "=all", "a.com/gpu=0/1",
    ])
    func nonsenseIsRefused(_ value: String) {
        let error = #expect(throws: RuntimeError.self) { try devices([:], value) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func tooManyAreRefused() throws {
        let list = (0..<1025).map(String.init).joined(separator: ",")
        for value in ["a.com/gpu=" + list, "a.com/gpu=" + String(repeating: "0,", count: 1 << 20)] {
            let error = #expect(throws: RuntimeError.self) { try devices([:], value) }
            #expect(error?.code == .invalidArgument)
        }
        let known = (0..<1025).compactMap { DeviceName("a.com/gpu=\($0)") }
        let all = try devices([:], "a.com/gpu=all")
        #expect(throws: RuntimeError.self) { try all.resolved(among: known) }
    }
}

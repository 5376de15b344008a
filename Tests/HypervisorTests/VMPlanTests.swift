import Foundation
import Hypervisor
import RuntimeErrors
import Testing

@Suite struct VMPlanTests {
    @Test(arguments: PlanFixture.all) func survivesJSON(_ fixture: PlanFixture) throws {
        let plan = try fixture.make("/golden")
        #expect(try JSONDecoder().decode(VMPlan.self, from: JSONEncoder().encode(plan)) == plan)
    }

    @Test(arguments: PassthroughFixture.all) func survivesJSONWithHostDevices(_ fixture: PassthroughFixture)
        throws
    {
        let plan = try fixture.plan("/golden")
        #expect(try JSONDecoder().decode(VMPlan.self, from: JSONEncoder().encode(plan)) == plan)
    }

    @Test func survivesJSONInTheOtherForms() throws {
        var plan = try PlanFixture.image.make("/golden").forCloudHypervisor
        plan.devices.append(
            PlannedDevice(
                id: "gpu", path: try #require(PCIPath("1e")),
                device: .passthrough(PassthroughDevice(host: .mediated(uuid: "u"), access: .iommufd))))
        #expect(try JSONDecoder().decode(VMPlan.self, from: JSONEncoder().encode(plan)) == plan)
    }

    @Test func aDeviceIsOneFlatObject() throws {
        let plan = try PlanFixture.minimal.make("/golden")
        let share = try #require(plan.devices.first { $0.id == "share" })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(
            String(decoding: try encoder.encode(share), as: UTF8.self)
                == #"{"id":"share","kind":"share","pciPath":"03","queueSize":1024,"socketPath":"/golden/share.sock","tag":"kataShared"}"#
        )
    }

    @Test func theKernelIsToldWhereItsRootIs() throws {
        let line = try PlanFixture.image.make("/g").kernelCommandLine(machine: ["m"])
        #expect(line.contains("root=/dev/vda1 rootfstype=ext4 ro"))
        #expect(try PlanFixture.minimal.make("/g").kernelCommandLine(machine: []).contains("root=") == false)
    }

    @Test func aLongKernelCommandLineIsRefused() throws {
        var plan = try PlanFixture.minimal.make("/g")
        plan.boot.parameters = [String(repeating: "x", count: 2048)]
        let error = #expect(throws: RuntimeError.self) { try plan.kernelCommandLine(machine: []) }
        #expect(error?.code == .invalidArgument)
    }
}

import CloudHypervisor
import Hypervisor
import QEMU
import RuntimeErrors
import Testing

@Suite struct GoldenTests {
    @Test(arguments: PlanFixture.all) func qemuCommandLine(_ fixture: PlanFixture) throws {
        let plan = try fixture.make("/golden")
        try GoldenFile.expect(
            GoldenFile.lines { () throws(RuntimeError) in try QEMUCommandLine(plan).command.arguments },
            "\(fixture.name).qemu.argv")
    }

    @Test(arguments: PlanFixture.all) func cloudHypervisorCommandLine(_ fixture: PlanFixture) throws {
        let plan = try fixture.make("/golden").forCloudHypervisor
        try GoldenFile.expect(
            GoldenFile.lines { () throws(RuntimeError) in
                try CloudHypervisorCommandLine(plan).command.arguments
            },
            "\(fixture.name).clh.argv")
    }

    @Test func slotsAreChosenWhereTheyCanBe() throws {
        let plan = try PlanFixture.image.make("/golden").forCloudHypervisor
        let version = try #require(CloudHypervisorVersion("v52.0"))
        try GoldenFile.expect(
            try CloudHypervisorCommandLine(plan, version: version).command.arguments, "image.clh-v52.argv")
    }

    @Test(arguments: PlanFixture.all) func renderingIsRepeatable(_ fixture: PlanFixture) throws {
        #expect(
            try QEMUCommandLine(fixture.make("/golden")).command
                == QEMUCommandLine(fixture.make("/golden")).command)
    }

    @Test func descriptorsAreNumberedInOrder() throws {
        let command = try QEMUCommandLine(PlanFixture.kernelVsock.make("/golden")).command
        #expect(command.descriptors == [.control, .console, .vhostUser(device: "share"), .vhostVsock])
        #expect(command.arguments.contains { $0.contains("vhostfd=6") })
    }

    @Test(arguments: PassthroughFixture.all) func qemuPassthrough(_ fixture: PassthroughFixture) throws {
        let command = try QEMUCommandLine(fixture.plan("/golden")).command
        try GoldenFile.expect(command.arguments, "\(fixture.name).qemu.argv")
    }

    @Test(arguments: PassthroughFixture.all) func cloudHypervisorPassthrough(_ fixture: PassthroughFixture)
        throws
    {
        let version = try #require(CloudHypervisorVersion("v53.0"))
        let lines: [String]
        do {
            lines = try CloudHypervisorCommandLine(fixture.flatPlan("/golden"), version: version).command
                .arguments
        } catch let error as RuntimeError {
            lines = ["error: \(error)"]
        }
        try GoldenFile.expect(lines, "\(fixture.name).clh-v53.argv")
    }
}

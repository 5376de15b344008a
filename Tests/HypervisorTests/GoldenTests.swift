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
}

import CloudHypervisor
import Hypervisor
import QEMU
import RuntimeErrors
import Testing

@Suite struct CommandLineTests {
    /// An option list read back as QEMU reads it: a doubled comma is a comma, a single one separates.
    private func options(_ text: String) -> [String] {
        var items: [String] = [""]
        var rest = Substring(text)
        while let next = rest.popFirst() {
            if next != "," {
                items[items.count - 1].append(next)
            } else if rest.first == "," {
                items[items.count - 1].append(",")
                rest.removeFirst()
            } else {
                items.append("")
            }
        }
        return items
    }

    @Test func noTextBecomesAnOption() throws {
        let arguments = try QEMUCommandLine(PlanFixture.hostile.make("/golden")).command.arguments
        let disk = try #require(arguments.first { $0.hasPrefix("driver=raw") })
        #expect(
            options(disk) == [
                "driver=raw", "node-name=image-raw", "read-only=on", "file.driver=file",
                "file.filename=/golden/a,format=qcow2,\"[x] y.img",
            ])
        let share = try #require(arguments.first { $0.hasPrefix("vhost-user-fs-pci") })
        #expect(options(share).contains("tag=t,queue-size=2 ]\"'"))
        #expect(options(share).count { $0.hasPrefix("queue-size") } == 1)
        let name = try #require(arguments.first { $0.hasPrefix("guest=") })
        #expect(options(name) == ["guest=x,debug-threads=off;$(reboot) 'y'", "debug-threads=on"])
        let root = try #require(arguments.first { $0.hasPrefix("chroot=") })
        #expect(options(root) == ["chroot=/golden/empty,user=nobody"])
        #expect(arguments.contains("/golden/k,ernel \"a\" [b]"))
    }

    @Test func everyDiskSaysItsFormat() throws {
        for fixture in [PlanFixture.image, .hostile, .ports] {
            let arguments = try QEMUCommandLine(fixture.make("/golden")).command.arguments
            #expect(!arguments.contains("-drive"))
            for (name, value) in zip(arguments, arguments.dropFirst()) where name == "-blockdev" {
                #expect(value.hasPrefix("driver=raw,"))
            }
        }
        let arguments = try CloudHypervisorCommandLine(PlanFixture.image.make("/g").forCloudHypervisor)
            .command
            .arguments
        #expect(arguments.contains { $0.hasPrefix("path=") && $0.contains("image_type=raw") })
    }

    @Test func everyPCIDeviceHasAnAddress() throws {
        for fixture in PlanFixture.all {
            let arguments = try QEMUCommandLine(fixture.make("/golden")).command.arguments
            for (name, value) in zip(arguments, arguments.dropFirst()) where name == "-device" {
                #expect(value.hasPrefix("virtconsole") || value.contains(",addr=0x"), "\(value)")
            }
        }
    }

    @Test func theProcessIsAlwaysConfined() throws {
        for fixture in PlanFixture.all {
            let arguments = try QEMUCommandLine(fixture.make("/golden")).command.arguments
            #expect(
                arguments.contains(
                    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"))
        }
    }

    @Test func aMicrovmNeedsTheHostsClock() throws {
        var plan = try PlanFixture.microvm.make("/golden")
        plan.processors.hostKilohertz = nil
        let error = #expect(throws: RuntimeError.self) { try QEMUCommandLine(plan) }
        #expect(error?.code == .invalidArgument)
        plan.accelerator = .kvm
        #expect(throws: Never.self) { try QEMUCommandLine(plan) }
    }

    @Test func whatABackEndLacksIsRefused() throws {
        var plan = try PlanFixture.minimal.make("/golden")
        #expect(throws: RuntimeError.self) { try CloudHypervisorCommandLine(plan) }
        plan.devices[3].device = .vsock(.hybrid(cid: 3, hostSocketPath: "/v"))
        let error = #expect(throws: RuntimeError.self) { try QEMUCommandLine(plan) }
        #expect(error?.code == .unimplemented)
        plan = try PlanFixture.minimal.make("/golden")
        plan.qemu.machine = .microvm
        #expect(throws: RuntimeError.self) { try QEMUCommandLine(plan) }
    }

    @Test func aValueIsQuotedOnlyWhereItMustBe() throws {
        let arguments = try CloudHypervisorCommandLine(
            PlanFixture.hostile.make("/golden").forCloudHypervisor
        ).command.arguments
        let disk = try #require(arguments.first { $0.hasPrefix("path=") })
        #expect(disk.hasPrefix(#"path="/golden/a,format=qcow2,""[x] y.img",readonly=on"#))
        #expect(arguments.contains("/golden/k,ernel \"a\" [b]"))
    }

    @Test(arguments: [("v51.1", 51), ("51.1.0", 51), ("52", 52)]) func readsVersions(
        _ text: String, _ major: Int
    ) {
        #expect(CloudHypervisorVersion(text)?.major == major)
    }

    @Test(arguments: ["", "v", "latest", "-1", ".1", "99999999999999999999"]) func refusesVersions(
        _ text: String
    ) {
        #expect(CloudHypervisorVersion(text) == nil)
    }

    @Test func oldReleasesAreRefused() throws {
        let plan = try PlanFixture.image.make("/golden").forCloudHypervisor
        #expect(throws: RuntimeError.self) {
            try CloudHypervisorCommandLine(plan, version: CloudHypervisorVersion(major: 50))
        }
    }
}

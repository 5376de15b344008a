import CloudHypervisor
import Hypervisor
import RuntimeErrors
import Testing

@Suite struct PassthroughValidationTests {
    static let spoilings: [Spoiling] = [
        Spoiling("the same device twice", "twice") { plan in
            plan.devices[6].device = plan.devices[5].device
        },
        Spoiling("a UUID that is a path", "UUID") { plan in
            plan.devices[5].device = .passthrough(
                PassthroughDevice(host: .mediated(uuid: "../../../../../../../etc/passwd-000000000000")))
        },
        Spoiling("behind no IOMMU", "enable_iommu") { plan in
            guard var device = plan.devices[5].passthrough else { return }
            device.isBehindIOMMU = true
            plan.devices[5].device = .passthrough(device)
        },
        Spoiling("a function without its first", "place it as function 0") { plan in
            guard let path = plan.devices[5].path.function(1) else { return }
            plan.devices[5].path = path
        },
        Spoiling("a first function that is not", "function 0 is the first") { plan in
            guard var device = plan.devices[5].passthrough, let path = plan.devices[5].path.function(1) else {
                return
            }
            device.isMultifunction = true
            plan.devices[5].device = .passthrough(device)
            plan.devices[5].path = path
        },
        Spoiling("a segment that is not there", "1 segments") { plan in
            PCIPath("0001:02").map { plan.devices[5].path = $0 }
        },
        Spoiling("an address space of no size", "addresses of 0 bits") { plan in
            plan.addressSpace = GuestAddressSpace(windowGibibytes: 1, bits: 0)
        },
        Spoiling("no USB device", "0 devices") { $0.devices[5].device = .usb([]) },
        Spoiling("too many USB devices", "16 devices") { plan in
            plan.devices[5].device = .usb(
                (0..<16).map { USBDevice(bus: 1, port: "\($0)", node: "/dev/bus/usb/001/\($0)") })
        },
        Spoiling("one USB device twice", "twice") { plan in
            plan.devices[5].device = .usb(
                [1, 2].map { USBDevice(bus: 1, port: "\($0)", node: "/dev/bus/usb/001/001") })
        },
        Spoiling("a USB port that is a path", "1-../2") { plan in
            plan.devices[5].device = .usb([USBDevice(bus: 1, port: "../2", node: "/dev/bus/usb/001/001")])
        },
        Spoiling("a USB node that is relative", "absolute") { plan in
            plan.devices[5].device = .usb([USBDevice(bus: 1, port: "2", node: "bus")])
        },
    ]

    @Test(arguments: spoilings) func refuses(_ spoiling: Spoiling) throws {
        var plan = try PassthroughFixture.gpuAndNIC.plan("/golden")
        try plan.validate()
        spoiling.spoil(&plan)
        let error = #expect(throws: RuntimeError.self) { try plan.validate() }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(spoiling.word) == true, "\(error?.message ?? "")")
    }

    @Test func releasesWithoutTheWayAreRefused() throws {
        for (fixture, version) in [(PassthroughFixture.iommufd, 51), (.descriptors, 52)] {
            let plan = try fixture.flatPlan("/golden")
            let error = #expect(throws: RuntimeError.self) {
                try CloudHypervisorCommandLine(plan, version: CloudHypervisorVersion(major: version))
            }
            #expect(error?.code == .unimplemented)
            #expect(error?.message.contains("v\(version)") == true)
            _ = try CloudHypervisorCommandLine(plan, version: CloudHypervisorVersion(major: version + 1))
        }
    }

    @Test func aUSBDeviceIsRefusedByName() throws {
        let plan = try PassthroughFixture.usb.flatPlan("/golden")
        let error = #expect(throws: RuntimeError.self) { try CloudHypervisorCommandLine(plan) }
        #expect(error?.code == .unimplemented)
        #expect(error?.message.contains("'1-2', '2-1.4'") == true, "\(error?.message ?? "")")
        #expect(error?.message.hasSuffix("choose QEMU") == true)
    }

    @Test func wideAddressesAreAskedForOnlyWhereNeeded() throws {
        var plan = try PassthroughFixture.gpuAndNIC.flatPlan("/golden")
        plan.addressSpace = GuestAddressSpace(windowGibibytes: 1 << 14, bits: 47)
        let arguments = try CloudHypervisorCommandLine(plan).command.arguments
        #expect(arguments.contains("boot=1,max=1,max_phys_bits=47"))
    }
}

import Foundation
import Glibc
import Hypervisor
import Linux
import LoopSupport
import RuntimeErrors
import Testing

@testable import QEMU

/// The command lines with host devices against the real QEMU, as far as a machine without such devices can: each
/// `vfio-pci` is started as a `pci-testdev` and each `usb-host` as a `usb-tablet`, with the same id, bus, address and
/// function. All else is as it is golden, but for the accelerator and the vsock.
extension RealQEMUTests {
    @Test(arguments: PassthroughFixture.all) func hostDevicesAreWhereTheyArePlanned(
        _ wanted: PassthroughFixture
    ) async throws {
        let made = try fixture(PlanFixture(name: wanted.name) { try wanted.plan($0) })
        let plan = made.plan
        var command = try QEMUCommandLine(plan).command
        command.arguments = command.arguments.map(Self.standIn) + ["-S"]
        let held = command
        let null = try openDescriptor("/dev/null", flags: O_RDWR)
        var launch = MonitorLaunch()
        for purpose in held.descriptors {
            switch purpose {
            case .iommufd, .vfio, .usb: launch.descriptors[purpose] = null.raw
            default: break
            }
        }
        try await TestLoop.run { [launch] loop, children in
            let machine = try await QEMUMachine.start(held, plan, launch, loop, children)
            do {
                try await loop.withDeadline(.seconds(60), "wait for QMP") {
                    try await machine.control.negotiate()
                }
                for planned in plan.devices {
                    try await Self.checkAddress(planned, machine)
                    try await Self.checkBus(of: planned.id, planned.path, plan, machine)
                }
                for port in plan.topology.ports {
                    try await Self.checkBus(of: port.id, port.path, plan, machine)
                }
                Self.checkProcess(machine.pid, held, plan)
            } catch {
                let end = await machine.giveUp(after: error)
                Issue.record("\(end)")
            }
            await machine.stop(grace: .seconds(20))
            #expect(await machine.waitForExit().status == .exited(0))
        }
        withExtendedLifetime(null) {}
    }

    /// The real devices are asked for by the arguments as they are: QEMU gets as far as the device that is not there.
    @Test(arguments: [
        (PassthroughFixture.gpus(1, .root), "0000:20:00.0: no such host device"),
        (.gpus(12, .downstream), "0000:20:00.0: no such host device"),
        (.multifunction, "0000:65:00.0: no such host device"),
        (.mediated, "c9abdeae-4c1c-4a4a-8f4d-2c4f2a3d8a3b: no such host device"),
        (.iommufd, "0000:65:00.0: no such host device"),
        (.descriptors, "error bind device fd="), (.usb, "/dev/bus/usb/001/004"),
    ])
    func aDeviceThatIsNotThereEndsTheStart(_ wanted: PassthroughFixture, _ words: String) async throws {
        let made = try fixture(PlanFixture(name: wanted.name) { try wanted.plan($0) })
        let null = try openDescriptor("/dev/null", flags: O_RDWR)
        var launch = MonitorLaunch(deadline: .seconds(60))
        for purpose in try QEMUCommandLine(made.plan).command.descriptors {
            switch purpose {
            case .iommufd, .vfio, .usb: launch.descriptors[purpose] = null.raw
            default: break
            }
        }
        try await TestLoop.run { [launch] loop, children in
            let error = await #expect(throws: RuntimeError.self) {
                try await QEMUMonitor(loop: loop, children: children).boot(made.plan, launch)
            }
            #expect("\(error.map { "\($0) \($0.cause.map { "\($0)" } ?? "")" } ?? "")".contains(words))
        }
        withExtendedLifetime(null) {}
    }

    /// An inherited USB device gets as far as the device itself, which /dev/null is not.
    @Test func anInheritedUSBDeviceIsOpenedByItsDescriptor() async throws {
        var wanted = PassthroughFixture.usb
        wanted.usb.removeFirst()
        let made = try fixture(PlanFixture(name: wanted.name) { [wanted] in try wanted.plan($0) })
        let null = try openDescriptor("/dev/null", flags: O_RDWR)
        let launch = MonitorLaunch(
            descriptors: [.usb(node: wanted.usb[0].node): null.raw], deadline: .seconds(60))
        try await TestLoop.run { loop, children in
            let error = await #expect(throws: RuntimeError.self) {
                try await QEMUMonitor(loop: loop, children: children).boot(made.plan, launch)
            }
            let said = "\(error.map { "\($0) \($0.cause.map { "\($0)" } ?? "")" } ?? "")"
            #expect(said.contains("failed to open host usb device /dev/fdset/"), "\(said)")
        }
        withExtendedLifetime(null) {}
    }

    private static func standIn(_ argument: String) -> String {
        let items = argument.split(separator: ",").map(String.init)
        let keeps: Set<String>
        let driver: String
        switch items.first {
        case "vfio-pci": (driver, keeps) = ("pci-testdev", ["id", "bus", "addr", "multifunction"])
        case "usb-host": (driver, keeps) = ("usb-tablet", ["id", "bus"])
        default: return argument
        }
        let kept = items.dropFirst().filter { item in
            keeps.contains(item.split(separator: "=").first.map(String.init) ?? "")
        }
        return ([driver] + kept).joined(separator: ",")
    }

    /// The device is on the bus of the port before it. The object model knows before any firmware has numbered buses.
    private static func checkBus(
        of id: String, _ path: PCIPath, _ plan: VMPlan, _ machine: QEMUMachine
    ) async throws {
        let isConsole = plan.devices.contains { $0.id == id && $0.device.kind == "console" }
        let bus = try await machine.control.execute(
            ReadProperty<String>(
                path: "/machine/peripheral/\(id)\(isConsole ? "-bus" : "")", property: "parent_bus"),
            deadline: .seconds(60))
        let expected = plan.topology.port(before: path)?.id ?? "pcie.0"
        #expect(bus.split(separator: "/").last.map(String.init) == expected, "\(id)")
    }
}

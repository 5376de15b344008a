import Foundation
import Glibc
import Hypervisor
import Linux
import LoopSupport
import RuntimeErrors
import Testing

@testable import QEMU

/// The rendered command lines and the monitor against the real QEMU, under TCG.
@Suite(
    .enabled(if: RealQEMU.executable != nil && RealQEMU.firmware != nil, RealQEMU.missing),
    .timeLimit(.minutes(5)))
struct RealQEMUTests {
    /// A plan with real files, whose guest runs `code`.
    func fixture(_ wanted: PlanFixture, _ code: [UInt8] = TinyKernel.idle) throws -> MonitorFixture {
        var made = try MonitorFixture(wanted, executable: #require(RealQEMU.executable))
        let files = FileManager.default
        try files.copyItem(atPath: #require(RealQEMU.firmware), toPath: made.folder.path + "/qboot.rom")
        try TinyKernel.elf(code).write(to: URL(fileURLWithPath: made.plan.boot.kernel))
        if case .initrd(let path) = made.plan.boot.root {
            try Data(repeating: 0, count: 4096).write(to: URL(fileURLWithPath: path))
        }
        for planned in made.plan.devices {
            guard case .block(let disk) = planned.device else { continue }
            // Begins as a qcow2 image would, with a backing file: whoever probes opens it.
            let header = Data([0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3]) + Data(repeating: 0xff, count: 1 << 20)
            try header.write(to: URL(fileURLWithPath: disk.path))
        }
        if made.plan.accelerator == .kvm {
            print("\(wanted.name): started under tcg, because tests do not touch /dev/kvm")
            made.plan.accelerator = .tcg
        }
        if made.plan.memory.hugePageKibibytes != nil {
            print("\(wanted.name): started on ordinary pages, because the host may have no huge ones")
            made.plan.memory.hugePageKibibytes = nil
        }
        made.keep { planned in
            guard case .vsock(.kernel) = planned.device else { return true }
            print("\(wanted.name): started without its vsock, because tests do not touch /dev/vhost-vsock")
            return false
        }
        for planned in made.plan.devices {
            switch planned.device {
            case .share(let share): _ = try VhostUserStub(at: share.socketPath, hasConfiguration: false)
            case .vsock(.vhostUser(_, let path, _)): _ = try VhostUserStub(at: path, hasConfiguration: true)
            default: break
            }
        }
        return made
    }

    private func boot<T: Sendable>(
        _ made: MonitorFixture, events: Collected<VMEvent> = Collected(),
        _ use: @escaping @Sendable (any RunningVM) async throws -> T
    ) async throws -> T {
        try await TestLoop.run { loop, children in
            let launch = MonitorLaunch(deadline: .seconds(60)) { events.add($0) }
            let vm = try await QEMUMonitor(loop: loop, children: children).boot(made.plan, launch)
            do {
                let value = try await use(vm)
                await vm.stop(grace: .seconds(20))
                return value
            } catch {
                await vm.stop(grace: .zero)
                throw error
            }
        }
    }

    @Test(arguments: PlanFixture.all) func theGoldenCommandLineStarts(_ wanted: PlanFixture) async throws {
        let made = try fixture(wanted)
        // What is started is what is golden: the same plan, but for the folder.
        var plan = try wanted.make(made.folder.path)
        let golden = try String(
            contentsOfFile: "\(RealQEMU.goldenFolder)/\(wanted.name).qemu.argv", encoding: .utf8)
        let rendered = try QEMUCommandLine(plan).command.arguments.joined(separator: "\n") + "\n"
        #expect(rendered.replacingOccurrences(of: made.folder.path, with: "/golden") == golden)

        plan = made.plan
        var command = try QEMUCommandLine(plan).command
        command.arguments.append("-S")
        let held = command
        try await TestLoop.run { [plan] loop, children in
            let machine = try await QEMUMachine.start(held, plan, MonitorLaunch(), loop, children)
            do {
                try await loop.withDeadline(.seconds(60), "wait for QMP") {
                    try await machine.control.negotiate()
                }
                let status = try await machine.control.execute(QueryStatus(), deadline: .seconds(60))
                #expect(status.status == "prelaunch")
                for planned in plan.devices {
                    try await Self.checkAddress(planned, machine)
                }
                Self.checkProcess(machine.pid, held, plan)
            } catch {
                let end = await machine.giveUp(after: error)
                Issue.record("\(end)")
            }
            await machine.stop(grace: .seconds(20))
            #expect(await machine.waitForExit().status == .exited(0))
        }
    }

    /// The device is where the plan says.
    static func checkAddress(_ planned: PlannedDevice, _ machine: QEMUMachine) async throws {
        let isConsole = planned.device.kind == "console"
        let path = "/machine/peripheral/\(planned.id)\(isConsole ? "-bus" : "")"
        let address = try await machine.control.execute(
            ReadProperty<Int>(path: path, property: "addr"), deadline: .seconds(60))
        let expected = try #require(planned.path.hops.last)
        #expect(address == Int(expected.slot) * 8 + Int(expected.function), "\(planned.id)")
    }

    /// The process is the command, and confined.
    static func checkProcess(_ pid: pid_t, _ command: MonitorCommand, _ plan: VMPlan) {
        let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
        #expect(line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) } == command.arguments)
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        #expect(status.contains("NoNewPrivs:\t1"))
        #expect(status.contains("Seccomp:\t2"))
        #expect(status.contains("CapBnd:\t0000000000040000"))
        let root = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/root")
        #expect(root == plan.qemu.emptyRoot)
    }

    @Test func aGuestRunsAndIsStoppedInOrder() async throws {
        let made = try fixture(.minimal)
        let end = try await boot(made) { vm in
            #expect(exists(vm.pid))
            await vm.stop(grace: .seconds(20))
            #expect(!exists(vm.pid))
            return await vm.waitForExit()
        }
        #expect(end.status == .exited(0))
        #expect(end.reason == .requested)
        #expect(!made.files.contains("control.sock"))
    }

    @Test func aGuestIsKilled() async throws {
        let end = try await boot(fixture(.minimal)) { vm in
            vm.kill()
            return await vm.waitForExit()
        }
        #expect(end.status == .signaled(SIGKILL))
        #expect(end.reason == .requested)
    }

    /// Presses the button until the machine ends: the guest may not have looked at it yet.
    private static func pressPowerButton(_ vm: any RunningVM) async throws -> VMExit {
        let machine = try #require(vm as? QEMUMachine)
        let presses = Task {
            while !Task.isCancelled {
                try await machine.control.execute(PowerDown(), deadline: .seconds(20))
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        defer { presses.cancel() }
        return await vm.waitForExit()
    }

    @Test func aGuestThatSwitchesItselfOffIsSeen() async throws {
        let end = try await boot(fixture(.minimal, TinyKernel.powerOff)) {
            try await Self.pressPowerButton($0)
        }
        #expect(end == VMExit(status: .exited(0), reason: .guestShutdown, standardError: end.standardError))
    }

    @Test func aGuestThatResetsEndsTheMachine() async throws {
        let events = Collected<VMEvent>()
        let end = try await boot(fixture(.minimal, TinyKernel.reset), events: events) {
            try await Self.pressPowerButton($0)
        }
        #expect(end.status == .exited(0))
        #expect(end.reason == .guestReset)
        #expect(events.all.contains(.shutdown(byGuest: true, reason: "guest-reset")))
    }

    @Test func earlyWordsOfTheGuestReachTheLog() async throws {
        let made = try fixture(.debug, TinyKernel.say("early words\n"))
        let tail = try await boot(made) { vm in
            for _ in 0..<200 {
                let tail = await vm.consoleTail(bytes: 64)
                if tail.hasSuffix("words\n") { return tail }
                try await Task.sleep(for: .milliseconds(50))
            }
            return await vm.consoleTail(bytes: 64)
        }
        #expect(tail.hasSuffix("early words\n"))
        let log = try String(contentsOfFile: made.folder.path + "/console.log", encoding: .utf8)
        #expect(log.hasSuffix("early words\n"))
    }

    @Test func aMissingKernelIsSaidByQEMU() async throws {
        let made = try fixture(.minimal)
        try FileManager.default.removeItem(atPath: made.plan.boot.kernel)
        let error = await #expect(throws: RuntimeError.self) {
            try await boot(made) { _ in }
        }
        #expect(error?.message.contains("code 1") == true)
        #expect(error?.description.contains("could not open kernel file") == true)
    }

    @Test func devicesCanBePluggedInBehindAPort() async throws {
        var made = try fixture(.ports)
        made.keep { $0.id != "disk0" }
        try await boot(made) { vm in
            let machine = try #require(vm as? QEMUMachine)
            try await machine.control.execute(
                AddDevice(driver: "virtio-rng-pci", id: "more", bus: "rp0", addr: "0x00"),
                deadline: .seconds(20))
            try await machine.control.execute(RemoveDevice(id: "more"), deadline: .seconds(20))
            let refused = await #expect(throws: RuntimeError.self) {
                try await machine.control.execute(
                    AddDevice(driver: "virtio-rng-pci", id: "x", bus: "pcie.0", addr: "0x1e"),
                    deadline: .seconds(20))
            }
            #expect(refused?.description.contains("hotplug") == true)
            try await machine.control.execute(Pause(), deadline: .seconds(20))
            #expect(
                try await machine.control.execute(QueryStatus(), deadline: .seconds(20)).status == "paused")
            try await machine.control.execute(Resume(), deadline: .seconds(20))
        }
    }
}

import Testing
import Hypervisor

/// A plan that is held by golden files. `root` stands before each path, so that the same plan can also be
/// started with real files.
struct PlanFixture: Sendable, CustomTestStringConvertible {
    let name: String
    let make: @Sendable (_ root: String) throws -> VMPlan

    var testDescription: String { name }

    static let all: [PlanFixture] = [
        minimal, kernelVsock, microvm, image, hostile, hugePages, debug, ports, entropy,
    ]

    static let minimal = PlanFixture(name: "minimal") { root in
        try plan(root, .q35, .tcg)
    }

    static let kernelVsock = PlanFixture(name: "kernel-vsock") { root in
        var plan = try plan(root, .q35, .kvm, vsock: .kernel(cid: 4_000_000_000))
        plan.processors.hostKilohertz = nil
        return plan
    }

    static let microvm = PlanFixture(name: "microvm") { root in
        try plan(root, .microvm, .tcg)
    }

    static let image = PlanFixture(name: "image") { root in
        var topology = PCITopology(rootBus: .q35)
        let disk = PlannedDevice(
            id: "image", path: try topology.placeOnRoot("image"),
            device: .block(BlockDevice(path: "\(root)/guest.img", readOnly: true, serial: "guest")))
        var plan = try plan(root, .q35, .tcg, topology: topology)
        plan.devices.insert(disk, at: 0)
        plan.boot.root = .image(RootImage(device: "image", fileSystem: "ext4"))
        return plan
    }

    /// Names that mean something to a parser of command lines.
    static let hostile = PlanFixture(name: "hostile") { root in
        var topology = PCITopology(rootBus: .q35)
        let disk = PlannedDevice(
            id: "image", path: try topology.placeOnRoot("image"),
            device: .block(
                BlockDevice(path: "\(root)/a,format=qcow2,\"[x] y.img", readOnly: true, serial: "s,drive=x")))
        var plan = try plan(root, .q35, .tcg, topology: topology, tag: "t,queue-size=2 ]\"'")
        plan.devices.insert(disk, at: 0)
        plan.sandbox.id = "x,debug-threads=off;$(reboot) 'y'"
        plan.boot.kernel = "\(root)/k,ernel \"a\" [b]"
        plan.boot.root = .image(RootImage(device: "image", partition: nil, fileSystem: "erofs"))
        plan.boot.parameters = ["agent.log=debug", "x=\"a b\",c"]
        plan.qemu.emptyRoot = "\(root)/empty,user=nobody"
        return plan
    }

    static let hugePages = PlanFixture(name: "huge-pages") { root in
        var plan = try plan(root, .q35, .tcg)
        plan.processors = Processors(boot: 2, max: 4, hostKilohertz: 2_100_000)
        plan.memory.hugePageKibibytes = 2048
        return plan
    }

    static let debug = PlanFixture(name: "debug") { root in
        var plan = try plan(root, .q35, .tcg)
        plan.debug = true
        return plan
    }

    /// Root ports and a switch, as for devices that are passed through or plugged in later.
    static let ports = PlanFixture(name: "ports") { root in
        var topology = PCITopology(rootBus: .q35)
        let port = try topology.addRootPort()
        let downstream = try topology.addSwitch(downstreamPorts: 2)
        let first = try topology.place("disk0", behind: port.id)
        let second = try topology.place("disk1", behind: downstream[1].id)
        var plan = try plan(root, .q35, .tcg, topology: topology)
        for (id, path) in [("disk0", first), ("disk1", second)] {
            let disk = BlockDevice(path: "\(root)/\(id).img", readOnly: false)
            plan.devices.append(PlannedDevice(id: id, path: path, device: .block(disk)))
        }
        return plan
    }

    /// Random numbers from a file of the host's choice.
    static let entropy = PlanFixture(name: "entropy") { root in
        var plan = try plan(root, .q35, .tcg)
        plan.devices[1].device = .entropy(EntropyDevice(sourcePath: "/dev/random"))
        return plan
    }

    private static func plan(
        _ root: String, _ machine: QEMUOptions.Machine, _ accelerator: Accelerator,
        vsock: VsockDevice? = nil, topology start: PCITopology? = nil,
        tag: String = SharedFolder.sandboxTag
    ) throws -> VMPlan {
        var topology = start ?? PCITopology(rootBus: machine == .q35 ? .q35 : .microvm)
        let vsock =
            vsock
            ?? .vhostUser(
                cid: 3, socketPath: "\(root)/vsock-device.sock", hostSocketPath: "\(root)/vsock.sock")
        let kinds: [(String, Device)] = [
            ("console", .console(ConsoleDevice(logPath: "\(root)/console.log"))),
            ("entropy", .entropy(EntropyDevice())),
            ("share", .share(SharedFolder(tag: tag, socketPath: "\(root)/share.sock"))),
            ("vsock", .vsock(vsock)),
            ("panic", .panicNotifier),
        ]
        var devices: [PlannedDevice] = []
        for (id, device) in kinds {
            devices.append(PlannedDevice(id: id, path: try topology.placeOnRoot(id), device: device))
        }
        return VMPlan(
            sandbox: SandboxIdentity(id: "pod-1", key: "00112233445566778899aabbccddeeff"),
            executable: "/usr/bin/qemu-system-x86_64", accelerator: accelerator,
            processors: Processors(boot: 1, hostKilohertz: 2_100_000),
            memory: GuestMemory(mebibytes: 256, shared: true),
            boot: GuestBoot(kernel: "\(root)/vmlinux", root: .initrd("\(root)/initrd")),
            control: ControlSocket(path: "\(root)/control.sock"), topology: topology, devices: devices,
            qemu: QEMUOptions(
                machine: machine, firmware: "\(root)/qboot.rom", translationBufferMebibytes: 64,
                emptyRoot: "\(root)/empty"))
    }
}

extension VMPlan {
    /// The same plan as it would have been made for Cloud Hypervisor: only what a planner derives from the
    /// monitor's abilities differs.
    var forCloudHypervisor: VMPlan {
        var plan = self
        plan.executable = "/usr/bin/cloud-hypervisor"
        plan.accelerator = .kvm
        for index in plan.devices.indices {
            guard case .vsock(.vhostUser(let cid, _, let path)) = plan.devices[index].device else { continue }
            plan.devices[index].device = .vsock(.hybrid(cid: cid, hostSocketPath: path))
        }
        return plan
    }
}

package import Hypervisor
package import RuntimeErrors

/// A plan as QEMU's command line.
package struct QEMUCommandLine: Sendable {
    private var switches: [any QEMUSwitch] = []
    private var numbers = DescriptorNumbers()
    private let plan: VMPlan

    /// Renders a plan: pure, and the same for the same plan.
    ///
    /// - Throws: `invalidArgument` when the plan contradicts itself, `unimplemented` for a device that this
    ///   back end does not render.
    package init(_ plan: VMPlan) throws(RuntimeError) {
        try plan.validate()
        self.plan = plan
        try checkRootBus()
        appendProcess()
        try appendMachine()
        try appendAddressing()
        for port in plan.topology.ports {
            switches.append(PortSwitch(port: port, place: try place(of: port.path, "\(port.id)")))
        }
        for device in plan.devices {
            try append(device)
        }
        switches.append(ConfinementSwitches(emptyRoot: plan.qemu.emptyRoot))
    }

    /// What is executed.
    package var command: MonitorCommand {
        MonitorCommand(
            executable: plan.executable, arguments: [plan.executable] + switches.flatMap(\.arguments),
            descriptors: numbers.descriptors)
    }

    private func checkRootBus() throws(RuntimeError) {
        let expected: PCIRootBus = plan.qemu.machine == .q35 ? .q35 : .microvm
        guard plan.topology.rootBus == expected else {
            throw RuntimeError(
                .invalidArgument,
                "can't render sandbox '\(plan.sandbox.id)': its devices are placed for a \(plan.topology.rootBus) bus, the machine is \(plan.qemu.machine); plan both alike"
            )
        }
    }

    private mutating func appendProcess() {
        // The full id, so that a process listing tells which sandbox this is.
        switches.append(
            OptionSwitch(
                "-name", nil, [QEMUOption("guest", plan.sandbox.id), QEMUOption("debug-threads", true)]))
        for name in ["-nodefaults", "-no-user-config", "-nographic", "-no-reboot"] {
            switches.append(PlainSwitch(name))
        }
        switches.append(MonitorSwitches(descriptor: numbers.number(of: .control)))
    }

    private mutating func appendMachine() throws(RuntimeError) {
        let memory = MemorySwitches(memory: plan.memory)
        switches.append(
            MachineSwitch(
                machine: plan.qemu.machine, memoryBackend: memory.backend,
                splitsInterruptController: plan.iommu != nil))
        switches.append(
            AcceleratorSwitch(
                accelerator: plan.accelerator,
                translationBufferMebibytes: plan.qemu.translationBufferMebibytes))
        var model = plan.qemu.processorModel ?? (plan.accelerator == .kvm ? "host" : "max")
        // The regions of host devices may lie where fewer bits do not reach.
        if plan.accelerator == .kvm, plan.hasPassthrough,
            !model.split(separator: ",").contains(where: Self.isWidth)
        {
            model += ",host-phys-bits=on"
        }
        switches.append(ProcessorSwitches(model: model, processors: plan.processors))
        switches.append(memory)
        if let firmware = plan.qemu.firmware { switches.append(PlainSwitch("-bios", firmware)) }
        switches.append(PlainSwitch("-kernel", plan.boot.kernel))
        if let path = plan.boot.root.initrd { switches.append(PlainSwitch("-initrd", path)) }
        switches.append(PlainSwitch("-append", try kernelCommandLine()))
    }

    /// What must be there before any device: the size of the PCI window, the guest's IOMMU, the host's.
    private mutating func appendAddressing() throws(RuntimeError) {
        if let space = plan.addressSpace, space.windowGibibytes > GuestAddressSpace.leastWindowGibibytes {
            switches.append(
                OptionSwitch(
                    "-global", nil,
                    [QEMUOption("q35-pcihost.pci-hole64-size", "\(space.windowGibibytes)G")]))
        }
        if plan.iommu != nil {
            guard plan.qemu.machine == .q35 else {
                throw unsupported("an IOMMU on a \(plan.qemu.machine)", "use machine_type q35")
            }
            switches.append(IOMMUSwitch())
        }
        let accesses = plan.devices.compactMap(\.passthrough).map(\.access)
        if accesses.contains(.descriptors) {
            switches.append(IOMMUFDSwitch(descriptor: numbers.number(of: .iommufd)))
        } else if accesses.contains(.iommufd) {
            switches.append(IOMMUFDSwitch(descriptor: nil))
        }
    }

    private static func isWidth(_ item: Substring) -> Bool {
        item.hasPrefix("phys-bits=") || item.hasPrefix("host-phys-bits")
    }

    private func kernelCommandLine() throws(RuntimeError) -> String {
        var machine: [String] = []
        if plan.accelerator == .tcg {
            if let rate = plan.processors.hostKilohertz {
                machine = ["tsc_early_khz=\(rate)", "tsc=reliable"]
            } else if plan.qemu.machine == .microvm {
                throw RuntimeError(
                    .invalidArgument,
                    "can't render sandbox '\(plan.sandbox.id)': a microvm under tcg hangs without the host's time stamp counter rate; use machine_type q35"
                )
            }
        }
        if plan.iommu != nil { machine += ["intel_iommu=on", "iommu=pt"] }
        // Ends by itself when the real console appears.
        if plan.debug { machine.append("earlyprintk=serial,ttyS0,115200") }
        return try plan.kernelCommandLine(machine: machine)
    }

    private func place(of path: PCIPath, _ what: String) throws(RuntimeError) -> BusPlace {
        guard let address = path.hops.last else {
            throw RuntimeError(.internalError, "can't place '\(what)': its PCI path is empty; plan it again")
        }
        return BusPlace(bus: plan.topology.port(before: path)?.id ?? "pcie.0", address: address)
    }

    private mutating func append(_ planned: PlannedDevice) throws(RuntimeError) {
        let id = planned.id
        let place = try place(of: planned.path, id)
        switch planned.device {
        case .console:
            switches.append(
                ConsoleSwitches(
                    id: id, place: place, descriptor: numbers.number(of: .console), early: plan.debug))
        case .entropy(let entropy):
            switches.append(EntropySwitches(id: id, place: place, entropy: entropy))
        case .share(let share):
            let descriptor = numbers.number(of: .vhostUser(device: id))
            switches.append(ShareSwitches(id: id, place: place, descriptor: descriptor, share: share))
        case .vsock(.kernel(let cid)):
            let descriptor = numbers.number(of: .vhostVsock)
            switches.append(
                VsockSwitches(id: id, place: place, carrier: .kernel(descriptor: descriptor, cid: cid)))
        case .vsock(.vhostUser):
            let descriptor = numbers.number(of: .vhostUser(device: id))
            switches.append(VsockSwitches(id: id, place: place, carrier: .daemon(descriptor: descriptor)))
        case .vsock(.hybrid):
            throw unsupported("a vsock of its own for device '\(id)'", "plan a vhost-user or kernel vsock")
        case .block(let disk):
            switches.append(BlockSwitches(id: id, place: place, disk: disk))
        case .passthrough(let device):
            let descriptor = device.access == .descriptors ? numbers.number(of: .vfio(device: id)) : nil
            switches.append(
                PassthroughSwitch(id: id, place: place, device: device, descriptor: descriptor))
        case .usb(let devices):
            let nodes = devices.map { device in
                device.isInherited
                    ? USBSwitches.Node.inherited(numbers.number(of: .usb(node: device.node)))
                    : .path(device.node)
            }
            switches.append(USBSwitches(id: id, place: place, nodes: nodes))
        case .panicNotifier:
            switches.append(PanicNotifierSwitch(id: id, place: place))
        }
    }

    private func unsupported(_ what: String, _ remedy: String) -> RuntimeError {
        RuntimeError(
            .unimplemented, "can't give a QEMU machine \(what): this back end does not render it; \(remedy)")
    }
}

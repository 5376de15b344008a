package import Hypervisor
package import RuntimeErrors

/// A plan as Cloud Hypervisor's command line.
package struct CloudHypervisorCommandLine: Sendable {
    /// What is executed.
    package var command: MonitorCommand {
        MonitorCommand(
            executable: plan.executable, arguments: [plan.executable] + arguments,
            descriptors: numbers.descriptors)
    }

    let plan: VMPlan
    let version: CloudHypervisorVersion
    private var arguments: [String] = []
    var numbers = DescriptorNumbers()

    /// Renders a plan: pure, and the same for the same plan and version.
    ///
    /// The oldest supported release is v51: it does not know `pci_device_id`, so that its own order of devices
    /// decides their slots, and a repeated switch replaces the earlier one, so that all values of a switch
    /// follow one occurrence of it.
    ///
    /// - Throws: `invalidArgument` when the plan contradicts itself, `unimplemented` for what this monitor
    ///   does not have.
    package init(_ plan: VMPlan, version: CloudHypervisorVersion = .oldest) throws(RuntimeError) {
        try plan.validate()
        self.plan = plan
        self.version = version
        guard version >= .oldest else {
            throw unsupported(
                "with release \(version.major)", "install v\(CloudHypervisorVersion.oldest.major) or newer")
        }
        guard plan.accelerator == .kvm else {
            throw unsupported("without KVM", "set accelerator to \"kvm\", or choose QEMU")
        }
        guard plan.topology.ports.isEmpty else {
            throw unsupported("with PCI ports", "plan its devices on the root bus")
        }
        arguments += ["--api-socket", "fd=\(numbers.number(of: .control))"]
        arguments += ["--event-monitor", "fd=\(numbers.number(of: .events))"]
        arguments += ["--seccomp", "true"]
        try appendMachine()
        try appendBoot()
        try appendDevices()
        if plan.debug { arguments.append("-v") }
    }

    private mutating func appendMachine() throws(RuntimeError) {
        var processors = [("boot", "\(plan.processors.boot)"), ("max", "\(plan.processors.max)")]
        if let bits = plan.addressSpace?.bits, bits > GuestAddressSpace.defaultBits {
            processors.append(("max_phys_bits", "\(bits)"))
        }
        arguments += ["--cpus", OptionValue(processors).text]
        var memory = [("size", "\(plan.memory.mebibytes)M"), ("shared", plan.memory.shared ? "on" : "off")]
        if let page = plan.memory.hugePageKibibytes {
            memory += [("hugepages", "on"), ("hugepage_size", "\(page)K")]
        }
        arguments += ["--memory", OptionValue(memory).text]
        let platform = try platformOptions()
        if !platform.isEmpty { arguments += ["--platform", OptionValue(platform).text] }
    }

    private mutating func appendBoot() throws(RuntimeError) {
        arguments += ["--kernel", plan.boot.kernel]
        if let path = plan.boot.root.initrd { arguments += ["--initramfs", path] }
        arguments += ["--cmdline", try plan.kernelCommandLine(machine: [])]
    }

    private mutating func appendDevices() throws(RuntimeError) {
        var console: String?
        var entropy: String?
        var shares: [String] = []
        var vsock: String?
        var disks: [String] = []
        var passthrough: [String] = []
        var hasPanicNotifier = false
        for planned in plan.devices {
            let common = [("id", planned.id)] + slot(of: planned)
            switch planned.device {
            case .console:
                // The path of an inherited pipe: there is no form for a descriptor, and a file of the guest's
                // making would have no bound.
                let path = "/proc/self/fd/\(numbers.number(of: .console))"
                console = OptionValue([("file", path)] + slot(of: planned)).text
            case .entropy(let device):
                entropy = OptionValue([("src", device.sourcePath)] + slot(of: planned)).text
            case .share(let share):
                shares.append(
                    OptionValue(
                        [
                            ("tag", share.tag), ("socket", share.socketPath), ("num_queues", "1"),
                            ("queue_size", "\(share.queueSize)"),
                        ] + common
                    ).text)
            case .vsock(.hybrid(let cid, let path)):
                vsock = OptionValue([("cid", "\(cid)"), ("socket", path)] + common).text
            case .vsock:
                throw unsupported("with a vsock of the host's", "plan its own vsock")
            case .block(let disk):
                disks.append(OptionValue(Self.options(of: disk) + common).text)
            case .passthrough(let device):
                passthrough.append(OptionValue(source(of: device, planned.id) + common).text)
            case .usb(let devices):
                let names = devices.map { "'\($0)'" }.joined(separator: ", ")
                throw unsupported(
                    "with USB device \(names)", "it has no USB; take it out of the sandbox, or choose QEMU")
            case .panicNotifier:
                hasPanicNotifier = true
            }
        }
        // Its defaults are a terminal for the one and an invisible device for the other.
        arguments += ["--console", console ?? "off", "--serial", "off"]
        if let entropy { arguments += ["--rng", entropy] }
        if !disks.isEmpty { arguments += ["--disk"] + disks }
        if !shares.isEmpty { arguments += ["--fs"] + shares }
        if let vsock { arguments += ["--vsock", vsock] }
        if !passthrough.isEmpty { arguments += ["--device"] + passthrough }
        if hasPanicNotifier { arguments.append("--pvpanic") }
    }

    private static func options(of disk: BlockDevice) -> [(key: String, value: String)] {
        var options = [
            ("path", disk.path), ("readonly", disk.readOnly ? "on" : "off"), ("image_type", "raw"),
            ("backing_files", "off"),
        ]
        if let serial = disk.serial { options.append(("serial", serial)) }
        return options
    }

    private func slot(of planned: PlannedDevice) -> [(key: String, value: String)] {
        let segment = planned.path.segment > 0 ? [("pci_segment", "\(planned.path.segment)")] : []
        guard version >= .choosesSlots, let slot = planned.path.hops.first?.slot else { return segment }
        return segment + [("pci_device_id", "\(slot)")]
    }

    func unsupported(_ what: String, _ remedy: String) -> RuntimeError {
        RuntimeError(
            .unimplemented, "can't start sandbox '\(plan.sandbox.id)' on Cloud Hypervisor \(what): \(remedy)")
    }
}

package import Configuration
package import Hypervisor
import OCI
package import RuntimeErrors

/// Turns a configuration and a sandbox into the plan of its virtual machine. Pure: it opens nothing and asks
/// nobody, so that `swiftlet plan` shows exactly what Create does.
package struct SandboxPlanner: Sendable {
    private let configuration: RuntimeConfiguration
    private let host: HostFacts

    /// A planner for one configuration on one host.
    package init(_ configuration: RuntimeConfiguration, host: HostFacts) {
        self.configuration = configuration
        self.host = host
    }

    /// Plans the machine of a sandbox whose files are in `folder`, with devices of the host.
    ///
    /// - Throws: `resourceExhausted` when the devices do not fit the machine, `invalidArgument` and
    ///   `failedPrecondition` when they can't be together, or not in this machine.
    package func plan(
        _ sandbox: SandboxName, in folder: StateFolder, with hostDevices: HostDevicePlan = HostDevicePlan()
    ) throws(RuntimeError) -> VMPlan {
        let hypervisor = configuration.hypervisor
        var topology = PCITopology(rootBus: rootBus)
        var devices: [PlannedDevice] = []
        func place(_ id: String, _ device: Device) throws(RuntimeError) {
            devices.append(PlannedDevice(id: id, path: try topology.placeOnRoot(id), device: device))
        }
        // The guest's root disk comes first: the lowest place makes it the guest's first disk.
        if case .image(let path, _, _) = hypervisor.root {
            try place("root", .block(BlockDevice(path: path, readOnly: true)))
        }
        try place(
            "console",
            .console(ConsoleDevice(logPath: folder.consoleLog, maximumBytes: hypervisor.consoleLogLimit)))
        try place("entropy", .entropy(EntropyDevice(sourcePath: hypervisor.entropySource)))
        try place("share", .share(SharedFolder(socketPath: folder.shareSocket)))
        try place("vsock", .vsock(vsock(sandbox, folder)))
        try place("panic", .panicNotifier)
        for (index, disk) in hostDevices.disks.enumerated() {
            let device = BlockDevice(path: disk.path, readOnly: disk.isReadOnly, isHostDevice: true)
            try place("disk\(index)", .block(device))
        }
        if !hostDevices.usb.isEmpty { try place("usb", .usb(hostDevices.usb)) }
        let passthrough = try placePassthrough(hostDevices, in: &topology)
        devices += passthrough?.devices ?? []
        // After the devices, whose places do not depend on how many ports are wanted.
        try addFreePorts(to: &topology)
        return VMPlan(
            sandbox: Hypervisor.SandboxIdentity(id: sandbox.id.rawValue, key: sandbox.key),
            executable: hypervisor.path, accelerator: accelerator, processors: processors,
            memory: GuestMemory(
                mebibytes: hypervisor.defaultMemory, shared: true,
                hugePageKibibytes: hypervisor.hugePages ? 2048 : nil),
            boot: boot, control: ControlSocket(path: folder.controlSocket), topology: topology,
            devices: devices, iommu: configuration.devices.iommu ? VirtualIOMMU() : nil,
            addressSpace: passthrough?.addressSpace, qemu: qemuOptions(folder), debug: hypervisor.debug)
    }

    /// Host devices behind ports or on the root bus; nil where there are none.
    private func placePassthrough(
        _ devices: HostDevicePlan, in topology: inout PCITopology
    ) throws(RuntimeError) -> PlacedPassthrough? {
        let requests = devices.requests(isBehindIOMMU: configuration.devices.vfioMode == .vfio)
        guard !requests.isEmpty else { return nil }
        return try topology.place(
            requests,
            PassthroughRules(
                port: configuration.devices.coldPlug == .switchPort ? .downstream : .root,
                memoryMebibytes: configuration.hypervisor.defaultMemory, hostAddressBits: host.addressBits))
    }

    private func addFreePorts(to topology: inout PCITopology) throws(RuntimeError) {
        guard case .qemu(let qemu) = configuration.hypervisor.monitor else { return }
        for _ in 0..<qemu.rootPorts { _ = try topology.addRootPort() }
        if qemu.switchPorts > 0 { _ = try topology.addSwitch(downstreamPorts: qemu.switchPorts) }
    }

    private var rootBus: PCIRootBus {
        switch configuration.hypervisor.monitor {
        case .qemu(let qemu): qemu.machine == .q35 ? .q35 : .microvm
        case .cloudHypervisor: .flat
        }
    }

    private var accelerator: Hypervisor.Accelerator {
        guard case .qemu(let qemu) = configuration.hypervisor.monitor, qemu.accelerator == .tcg else {
            return .kvm
        }
        return .tcg
    }

    private var processors: Processors {
        let most = configuration.hypervisor.maximumVCPUs ?? host.processors
        let atBoot = min(configuration.hypervisor.defaultVCPUs ?? host.processors, most)
        return Processors(
            boot: max(1, atBoot), max: max(1, atBoot),
            hostKilohertz: accelerator == .tcg ? host.timeStampCounterKilohertz : nil)
    }

    private var boot: GuestBoot {
        let hypervisor = configuration.hypervisor
        let root: GuestRoot =
            switch hypervisor.root {
            case .initrd(let path): .initrd(path)
            case .image(_, let fileSystem, let initrd):
                .image(RootImage(device: "root", fileSystem: fileSystem, initrd: initrd))
            }
        var parameters: [String] = []
        if configuration.agentDebug { parameters.append("agent.log=debug") }
        if configuration.debugConsole {
            parameters += ["agent.debug_console", "agent.debug_console_vport=\(SandboxConsole.port)"]
        }
        parameters += hypervisor.kernelParameters.split(separator: " ").map(String.init)
        return GuestBoot(kernel: hypervisor.kernel, root: root, parameters: parameters)
    }

    private func vsock(_ sandbox: SandboxName, _ folder: StateFolder) -> VsockDevice {
        if case .cloudHypervisor = configuration.hypervisor.monitor {
            return .hybrid(cid: Self.privateCID, hostSocketPath: folder.vsockHostSocket)
        }
        if host.hasVhostVsock { return .kernel(cid: Self.hostWideCID(sandbox)) }
        return .vhostUser(
            cid: Self.privateCID, socketPath: folder.vsockDeviceSocket, hostSocketPath: folder.vsockHostSocket
        )
    }

    /// Any address will do where each machine has a vsock of its own.
    private static let privateCID: UInt32 = 3

    /// An address that is the same for the same sandbox and unlikely to be another's: 3 to 2^31.
    static func hostWideCID(_ sandbox: SandboxName) -> UInt32 {
        let digits = UInt32(sandbox.key.prefix(8), radix: 16) ?? 0
        return (digits >> 1) | 0x100
    }

    private func qemuOptions(_ folder: StateFolder) -> QEMUOptions {
        guard case .qemu(let qemu) = configuration.hypervisor.monitor else { return QEMUOptions() }
        let model = qemu.accelerator == .tcg ? "max" : "host"
        return QEMUOptions(
            machine: qemu.machine == .q35 ? .q35 : .microvm, firmware: qemu.firmware,
            processorModel: qemu.cpuFeatures.isEmpty ? nil : "\(model),\(qemu.cpuFeatures)",
            translationBufferMebibytes: qemu.accelerator == .tcg ? 64 : nil,
            // To change its root takes a capability, and another user than root gets none.
            emptyRoot: configuration.security.monitorUser == nil ? folder.emptyRoot : nil)
    }
}

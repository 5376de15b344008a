/// Everything that decides how one virtual machine is started, as a value.
///
/// A plan is made by a pure planner, printed by `swiftlet plan`, and rendered by a back end to a command line
/// without looking at anything else. It is shaped by neither virtual machine monitor: what only one of them
/// understands lies in an option bag of its own (`qemu`), which the other ignores.
package struct VMPlan: Codable, Sendable, Equatable {
    /// Whose machine this is.
    package var sandbox: SandboxIdentity
    /// The monitor's binary: an absolute path.
    package var executable: String
    /// Who executes the guest's instructions.
    package var accelerator: Accelerator
    /// The virtual processors.
    package var processors: Processors
    /// The guest's memory.
    package var memory: GuestMemory
    /// The kernel and what it starts from.
    package var boot: GuestBoot
    /// Where the monitor's control socket listens.
    package var control: ControlSocket
    /// The ports and switches that devices hang on; the root bus is implied.
    package var topology: PCITopology
    /// The devices, in the order in which they are rendered.
    package var devices: [PlannedDevice]
    /// The IOMMU that the guest sees; nil for none.
    package var iommu: VirtualIOMMU?
    /// The guest's addresses above 4 GiB where host devices decide on them; nil leaves them to the monitor.
    package var addressSpace: GuestAddressSpace?
    /// What only QEMU knows.
    package var qemu: QEMUOptions
    /// More words from the guest's kernel, and a console that starts earlier.
    package var debug: Bool

    /// Makes a plan; see the properties.
    package init(
        sandbox: SandboxIdentity, executable: String, accelerator: Accelerator, processors: Processors,
        memory: GuestMemory, boot: GuestBoot, control: ControlSocket, topology: PCITopology,
        devices: [PlannedDevice], iommu: VirtualIOMMU? = nil, addressSpace: GuestAddressSpace? = nil,
        qemu: QEMUOptions = QEMUOptions(),
        debug: Bool = false
    ) {
        self.sandbox = sandbox
        self.executable = executable
        self.accelerator = accelerator
        self.processors = processors
        self.memory = memory
        self.boot = boot
        self.control = control
        self.topology = topology
        self.devices = devices
        self.iommu = iommu
        self.addressSpace = addressSpace
        self.qemu = qemu
        self.debug = debug
    }
}

/// The two names of a sandbox.
package struct SandboxIdentity: Codable, Sendable, Hashable {
    /// The full id as containerd knows it; it stands in the helpers' argument vectors, so that `ps` shows it.
    package var id: String
    /// 32 hexadecimal digits, unique on the host; it names folders, cgroups and sockets.
    package var key: String

    /// Makes an identity of the two names.
    package init(id: String, key: String) {
        self.id = id
        self.key = key
    }
}

/// Who executes the guest's instructions.
package enum Accelerator: String, Codable, Sendable, CaseIterable {
    /// The host's kernel and processor.
    case kvm
    /// QEMU's translator; slow, works everywhere.
    case tcg
}

/// Where a monitor listens for its control protocol (QMP or REST).
///
/// The shim makes the listening socket and the monitor inherits it: there is no moment at which the socket
/// is not there yet, and a monitor that dies early is seen as an end of file.
package struct ControlSocket: Codable, Sendable, Equatable {
    /// The socket's path; at most 107 bytes.
    package var path: String

    /// Makes a control socket at an absolute path.
    package init(path: String) {
        self.path = path
    }
}

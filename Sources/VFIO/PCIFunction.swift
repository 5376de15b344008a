package import Hypervisor

/// A PCI function of the host, as sysfs shows it at one moment.
package struct PCIFunction: Sendable, Equatable {
    package var address: HostPCIAddress
    package var vendor: UInt16
    package var device: UInt16
    /// Base class, subclass and programming interface: 24 bits.
    package var classCode: UInt32
    /// The driver that it is bound to; nil when it is bound to none.
    package var driver: String?
    /// The only driver that may take it; nil when nobody said.
    package var driverOverride: String?
    /// The number of its IOMMU group; nil without an IOMMU.
    package var group: Int?
    /// Its NUMA node; nil where the host does not know.
    package var numaNode: Int?
    /// Whether it has the extended configuration space of PCI Express.
    package var isExpress: Bool
    package var regions: [PCIRegion]
    /// The function whose virtual function it is.
    package var physicalFunction: HostPCIAddress?
    /// How many virtual functions of it are enabled.
    package var virtualFunctionCount: Int
    /// The ways to reset it; nil where the kernel does not tell (before Linux 5.15).
    package var resetMethods: [String]?
    /// The name of its node below `/dev/vfio/devices`, such as `vfio7`; nil while no VFIO driver has it.
    package var characterDevice: String?
    /// Whether the firmware showed its messages on it.
    package var isBootDisplay: Bool
    /// Its network interfaces in the namespace that sysfs was mounted in.
    package var interfaces: [String]
    /// The NVIDIA vGPU type that a virtual function carries, 0 for none yet; nil where it can carry none.
    package var currentVGPUType: Int?

    /// Makes a function with nothing special about it; see the properties.
    package init(address: HostPCIAddress, vendor: UInt16, device: UInt16, classCode: UInt32) {
        self.address = address
        self.vendor = vendor
        self.device = device
        self.classCode = classCode
        isExpress = false
        regions = []
        virtualFunctionCount = 0
        isBootDisplay = false
        interfaces = []
    }

    /// Whether it is a virtual function.
    package var isVirtualFunction: Bool { physicalFunction != nil }

    /// Whether it is a host bridge or a PCI bridge: those stay with the host and harm no group. Other bridges, such
    /// as NVSwitch (0x0680), are devices to pass on.
    package var isBridge: Bool { classCode >> 8 == 0x0600 || classCode >> 8 == 0x0604 }

    /// Whether its own driver offers it through VFIO, so that it must keep that driver.
    package var isVendorVGPU: Bool { isVirtualFunction && (currentVGPUType ?? 0) != 0 }

    /// Whether a VFIO driver has it: `vfio-pci`, or a variant of it such as `mlx5_vfio_pci`.
    package var isOnVFIO: Bool { driver.map(Self.isVFIODriver) ?? false }

    /// Whether a driver of that name hands devices to user space through VFIO.
    package static func isVFIODriver(_ name: String) -> Bool {
        name == "vfio-pci" || name.hasSuffix("_vfio_pci") || name.hasSuffix("-vfio-pci")
    }
}

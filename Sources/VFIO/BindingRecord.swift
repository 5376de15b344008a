package import Hypervisor

/// What a PCI function was before it was bound to a VFIO driver: all that is needed to put it back, written into
/// the sandbox's journal before the function's first write.
package struct BindingRecord: Codable, Sendable, Equatable {
    package var address: HostPCIAddress
    /// With ``device``, who it was: another function at the same address later is none of ours.
    package var vendor: UInt16
    package var device: UInt16
    /// The IOMMU group, whose lock goes with the binding.
    package var group: Int
    /// The driver to give it back to; nil if it had none.
    package var originalDriver: String?
    /// The `driver_override` to give back; nil if there was none.
    package var originalOverride: String?
    /// The driver that it is bound to meanwhile.
    package var boundDriver: String

    /// Makes a record; see the properties.
    package init(
        address: HostPCIAddress, vendor: UInt16, device: UInt16, group: Int, originalDriver: String?,
        originalOverride: String?, boundDriver: String = "vfio-pci"
    ) {
        self.address = address
        self.vendor = vendor
        self.device = device
        self.group = group
        self.originalDriver = originalDriver
        self.originalOverride = originalOverride
        self.boundDriver = boundDriver
    }
}

/// The IOMMU that the guest sees, for workloads that drive devices themselves (`vfio_mode = "vfio"`).
///
/// QEMU renders Intel's, Cloud Hypervisor virtio's.
package struct VirtualIOMMU: Codable, Sendable, Equatable {
    /// Makes an IOMMU.
    package init() {}
}

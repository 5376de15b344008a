/// A host PCI function that the guest gets through VFIO.
package struct PassthroughDevice: Codable, Sendable, Equatable {
    /// The function's address on the host, `0000:65:00.0`.
    package var hostAddress: String
    /// Whether it goes through iommufd; else through its group.
    package var iommufd: Bool

    /// Makes a passed-through function.
    package init(hostAddress: String, iommufd: Bool = false) {
        self.hostAddress = hostAddress
        self.iommufd = iommufd
    }
}

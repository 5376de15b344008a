/// A release of Cloud Hypervisor, as far as its command line depends on it.
package struct CloudHypervisorVersion: Sendable, Comparable {
    /// The major number: 51 of `v51.1`.
    package var major: Int

    /// The oldest release whose command line is rendered.
    package static let oldest = CloudHypervisorVersion(major: 51)
    /// The first release in which a device's PCI slot can be chosen.
    static let choosesSlots = CloudHypervisorVersion(major: 52)
    /// The first release that opens devices through iommufd.
    static let hasIOMMUFD = CloudHypervisorVersion(major: 52)
    /// The first release that takes devices and iommufd as descriptors.
    static let inheritsDevices = CloudHypervisorVersion(major: 53)

    /// Makes a version.
    package init(major: Int) {
        self.major = major
    }

    /// Reads `v51.1`, `51.1.0` or `51`; nil when the text is no version.
    package init?(_ text: String) {
        let digits = text.first == "v" ? text.dropFirst() : text[...]
        guard let first = digits.split(separator: ".", omittingEmptySubsequences: false).first,
            !first.isEmpty, first.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let major = Int(first)
        else { return nil }
        self.major = major
    }

    /// Orders by age.
    package static func < (left: CloudHypervisorVersion, right: CloudHypervisorVersion) -> Bool {
        left.major < right.major
    }
}

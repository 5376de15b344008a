package import CDI
package import RuntimeErrors

/// Slices of an NVIDIA GPU (Multi-Instance GPU) as devices of a machine: there are none.
///
/// A slice is a part of a driver's work on the host and no PCI function. Where a name is one of the guest's own
/// (`VISIBLE_CDI_DEVICES=nvidia.com/gpu=0:1`), it is the guest's driver that knows it, and nobody asks here.
package enum MIGSlices {
    /// Refuses names of slices: kinds such as `nvidia.com/mig-1g.10gb`, which device plugins give them, and names
    /// such as `nvidia.com/gpu=MIG-<uuid>`, which the driver does.
    ///
    /// - Throws: `failedPrecondition` naming all of them, with what to ask for instead.
    package static func refuse(in names: [DeviceName], of container: String) throws(RuntimeError) {
        let slices = names.filter(isSlice)
        guard !slices.isEmpty else { return }
        let list = slices.map { "'\($0)'" }.joined(separator: ", ")
        throw RuntimeError(
            .failedPrecondition,
            "can't give container '\(container)' \(list): a MIG slice is not a VFIO device; use a vGPU or a virtual "
                + "function made of it, or pass the whole GPU and slice it in the guest")
    }

    /// Whether a name is one of a slice.
    package static func isSlice(_ name: DeviceName) -> Bool {
        let parts = name.kind.split(separator: "/")
        guard let vendor = parts.first, let kind = parts.last,
            vendor == "nvidia.com" || vendor.hasSuffix(".nvidia.com")
        else { return false }
        return kind.hasPrefix("mig-") || name.name.hasPrefix("MIG-")
    }
}

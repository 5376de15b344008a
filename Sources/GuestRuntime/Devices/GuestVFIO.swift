package import Linux
package import RuntimeErrors

/// Gives PCI functions of this machine to VFIO, for containers that drive them themselves.
package struct GuestVFIO: Sendable {
    /// Writes a text to an attribute of sysfs, with one write.
    package typealias AttributeWrite = @Sendable (_ text: String, _ path: String) throws(Errno) -> Void

    /// The driver.
    static let driver = "vfio-pci"
    /// Where the driver is, unless the kernel has it built in or something else has loaded it.
    static let modules = "/lib/modules/swiftlet-vfio"
    /// For one write: a driver may take its time to let go of a device.
    private static let patience = Duration.seconds(10)

    private let roots: HostRoots
    private let write: AttributeWrite
    private let reader = SysfsReader()

    /// VFIO below the roots of a machine.
    package init(_ roots: HostRoots) {
        self.init(roots) { (text, path) throws(Errno) in
            try writeBounded(text, to: path, within: Self.patience)
        }
    }

    /// VFIO on a machine of files, whose kernel is `write`.
    package init(_ roots: HostRoots, write: @escaping AttributeWrite) {
        self.roots = roots
        self.write = write
    }

    /// Loads the driver if there is none yet.
    ///
    /// - Throws: `failedPrecondition` if the guest has none.
    package func loadDriver() throws {
        let folder = "\(roots.sys)/bus/pci/drivers/\(Self.driver)"
        guard !reader.exists(folder) else { return }
        try Machine.loadModules(in: roots.path(Self.modules))
        guard reader.exists(folder) else {
            throw RuntimeError(
                .failedPrecondition,
                "can't give a device to VFIO in the guest: its kernel has no driver '\(Self.driver)'; load it in the "
                    + "guest, or use vfio_mode \"guest-kernel\"")
        }
    }

    /// Takes a function from its driver and gives it to VFIO. It stays there when its container is gone; one that
    /// VFIO does not take goes back.
    ///
    /// - Returns: its IOMMU group.
    package func bind(_ address: PCIFunctionAddress) throws(RuntimeError) -> UInt32 {
        let folder = PCITree(roots).folder(of: address)
        let group: UInt32
        do throws(Errno) {
            guard let number = try reader.linkName("\(folder)/iommu_group").flatMap({ UInt32($0) }) else {
                throw Errno.ENODEV
            }
            group = number
            let driver = try reader.linkName("\(folder)/driver")
            if driver == Self.driver { return group }
            try write(Self.driver, "\(folder)/driver_override")
            if let driver { try write("\(address)", "\(roots.sys)/bus/pci/drivers/\(driver)/unbind") }
            try write("\(address)", "\(roots.sys)/bus/pci/drivers_probe")
            // The probe's answer says nothing of whether the driver took the function.
            guard try reader.linkName("\(folder)/driver") == Self.driver else { throw Errno.EBUSY }
        } catch {
            try? write("\n", "\(folder)/driver_override")
            try? write("\(address)", "\(roots.sys)/bus/pci/drivers_probe")
            throw failure(error, address)
        }
        return group
    }

    /// The number of a group's node; nil while VFIO has not made it.
    package func number(ofGroup group: UInt32) throws(RuntimeError) -> DeviceNumber? {
        do {
            return DeviceNumber(parsing: try reader.attribute("\(roots.sys)/class/vfio/\(group)/dev"))
        } catch {
            throw RuntimeError(error, "can't find the node of VFIO group \(group) in the guest")
        }
    }

    private func failure(_ error: Errno, _ address: PCIFunctionAddress) -> RuntimeError {
        let what = "can't give '\(address)' to VFIO in the guest"
        guard error == .ENODEV else { return RuntimeError(error, what) }
        return RuntimeError(
            .failedPrecondition,
            "\(what): it has no IOMMU group there; give the machine an IOMMU, or use vfio_mode \"guest-kernel\""
        )
    }
}

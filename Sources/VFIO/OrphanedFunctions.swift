package import Hypervisor

extension PCIHost {
    /// The functions that were bound to a VFIO driver by an override, as a ``Binder`` does it, and that are in none of
    /// `owned`: what a crash left.
    package func orphans(besides owned: Set<HostPCIAddress>) -> [PCIFunction] {
        functions().filter { $0.orphanedOn != nil && !owned.contains($0.address) }
    }
}

extension PCIFunction {
    /// The VFIO driver that it is bound to by an override, so that it is an orphan if nobody owns it; nil for one that
    /// got its driver in another way.
    package var orphanedOn: String? {
        isOnVFIO && driverOverride == driver ? driver : nil
    }

    /// Whether it has no driver, and nobody said that another one than a VFIO driver is to take it.
    package var isBetweenDrivers: Bool {
        driver == nil && driverOverride.map(Self.isVFIODriver) ?? true
    }
}
